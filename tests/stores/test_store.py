"""What a copy says about itself."""

from gateway.stores.store import Copy


def test_copy_is_of_use_until_its_longer_window_ends():
    assert Copy(b"1", 5.0, 30.0, 300.0, age=200.0).left == 105.0
    assert Copy(b"1", 5.0, 30.0, 0.0, age=6.0).left == 29.0
    assert Copy(b"1", 5.0, age=5.0).left == 0.0


def test_aged_copy_differs_in_its_age_only():
    copy = Copy(b"[1]", 5.0, 30.0, 300.0, age=1.0, status=203)

    aged = copy.aged(7.0)

    assert (aged.body, aged.fresh, aged.revalidate, aged.stand_in) == (b"[1]", 5.0, 30.0, 300.0)
    assert (aged.age, aged.status, copy.age) == (7.0, 203, 1.0)


def test_copy_describes_itself_without_its_body():
    assert repr(Copy(b"secret", 5.0, age=1.25)) == "<Copy 1.25 s old, fresh for 5 s, 6 bytes>"
