"""The byte budget counts exactly what was taken and given back."""

from gateway.buffered import Buffered


def test_budget_takes_up_to_its_limit():
    buffered = Buffered(100)

    assert buffered.take(60)
    assert buffered.take(40)
    assert buffered.full


def test_refused_bytes_are_not_counted():
    buffered = Buffered(100)
    buffered.take(60)

    assert not buffered.take(41)
    assert buffered.used == 60
    assert not buffered.full


def test_given_back_bytes_can_be_taken_again():
    buffered = Buffered(100)
    buffered.take(100)
    buffered.give(30)

    assert buffered.take(30)
    assert repr(buffered) == "<Buffered 100 of 100 bytes>"
