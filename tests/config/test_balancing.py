from tests.config.sample import with_upstream


def test_defaults_hold_until_something_is_written():
    balance = with_upstream('{ urls: ["http://a", "http://b"] }').balance

    assert (balance.slow_start, balance.max_ejected) == (10.0, 0.5)


def test_slow_start_may_be_off():
    assert with_upstream('{ urls: ["http://a"], balance: { slow_start: off } }').balance.slow_start == 0.0
