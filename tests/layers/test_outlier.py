import pytest

from gateway.layers.outlier import FIRST, Outliers


class Addresses:
    """Outliers with a clock, driven by whole batches of calls."""

    def __init__(self, count=3, share=0.5) -> None:
        self.now = 100.0
        self.outliers = Outliers(count, share, lambda: 0.5)

    def calls(self, place, count=100, *, failed=0):
        """So many calls to one address, its failures spread evenly; whether one of them put it out."""
        put_out = False
        for number in range(count):
            if failed and number % (count // failed) == 0:
                put_out |= self.outliers.failed(place, self.now)
            else:
                self.outliers.succeeded(place, self.now)
        return put_out

    @property
    def out(self):
        return [place for place in range(3) if self.outliers.is_out(place, self.now)]


def test_address_that_fails_far_more_often_than_the_others_is_out():
    them = Addresses()
    them.calls(1)
    them.calls(2, failed=2)

    assert them.calls(0, failed=20)
    assert them.out == [0]


def test_address_that_fails_as_the_others_do_stays():
    them = Addresses()
    them.calls(1, failed=20)
    them.calls(2, failed=10)

    assert not them.calls(0, failed=20)
    assert them.out == []


def test_few_failures_are_good_enough_even_if_the_others_have_none():
    them = Addresses()
    them.calls(1, 1000)
    them.calls(2, 1000)

    assert not them.calls(0, 1000, failed=50)


@pytest.mark.parametrize(("mine", "others"), [(19, 100), (100, 9)])
def test_few_calls_are_not_compared(mine, others):
    them = Addresses()
    them.calls(1, others)
    them.calls(2, others)

    assert not them.calls(0, mine, failed=mine)


def test_address_that_is_out_comes_back_by_itself():
    them = Addresses()
    them.calls(1)
    them.calls(0, failed=20)
    them.now += FIRST + 0.01

    assert them.out == []


def test_time_out_doubles_and_is_forgiven_by_healthy_windows():
    them, times = Addresses(), []
    for pause in (0.0, 0.0, 60.0):
        them.now += pause
        them.calls(1)
        them.calls(0, failed=20)
        since = them.now
        while them.out:
            them.now += 0.5
        times.append(them.now - since)

    assert times == [FIRST, 2 * FIRST, FIRST]


def test_no_more_than_the_agreed_share_is_out_at_once():
    them = Addresses()
    them.calls(2, 1000)
    them.calls(0, failed=20)

    assert not them.calls(1, failed=50)
    assert them.out == [0]


@pytest.mark.parametrize(("count", "share"), [(1, 0.5), (3, 0.3), (3, 0.0)])
def test_share_that_is_less_than_one_address_puts_none_out(count, share):
    them = Addresses(count, share)
    for place in range(1, count):
        them.calls(place)

    assert not them.calls(0, failed=50)


def test_ejections_are_counted():
    them = Addresses()
    them.calls(1)
    them.calls(0, failed=50)

    assert them.outliers.ejections == [1, 0, 0]
    assert repr(them.outliers) == "<Outliers 1 ejections so far, at most 1 at once>"
