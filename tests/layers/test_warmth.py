"""Which calls need an environment that is not there yet."""

from gateway.layers.warmth import Warmth

COLD_AFTER = 300.0


def played(warmth, *numbers, now, answered=True):
    for number in numbers:
        warmth.end(number, now, answered=answered)


def test_the_first_call_is_cold_and_the_next_one_is_not():
    warmth = Warmth(COLD_AFTER)
    assert warmth.is_cold(0.0)
    played(warmth, warmth.begin(0.0), now=1.0)
    assert not warmth.is_cold(1.0)


def test_a_call_beside_another_needs_an_environment_of_its_own():
    warmth = Warmth(COLD_AFTER)
    played(warmth, warmth.begin(0.0), now=1.0)
    warmth.begin(1.0)
    assert warmth.is_cold(1.0)


def test_as_many_as_were_answered_beside_each_other_are_warm():
    warmth = Warmth(COLD_AFTER)
    played(warmth, *[warmth.begin(0.0) for _ in range(5)], now=1.0)
    assert warmth.warm(2.0) == 5
    for _ in range(5):
        assert not warmth.is_cold(2.0)
        warmth.begin(2.0)
    assert warmth.is_cold(2.0)


def test_a_call_that_was_not_answered_shows_nothing():
    warmth = Warmth(COLD_AFTER)
    played(warmth, warmth.begin(0.0), now=1.0, answered=False)
    assert warmth.warm(1.0) == 0
    assert warmth.in_flight == 0


def test_environments_that_were_not_used_for_long_are_cold_again():
    warmth = Warmth(COLD_AFTER)
    played(warmth, *[warmth.begin(0.0) for _ in range(3)], now=0.0)
    played(warmth, warmth.begin(200.0), now=200.0)
    assert warmth.warm(COLD_AFTER) == 3
    assert warmth.warm(COLD_AFTER + 1) == 1
    assert warmth.warm(COLD_AFTER + 201) == 0


def test_growth_is_told_when_a_call_takes_the_last_environment():
    grown = []
    warmth = Warmth(COLD_AFTER)
    warmth.show(2, 0.0)
    warmth.on_growth = lambda: grown.append(warmth.in_flight)
    for _ in range(3):
        warmth.begin(0.0)
    assert grown == [2, 3]


def test_cold_calls_are_counted_by_how_they_ended():
    warmth = Warmth(COLD_AFTER)
    warmth.tally(answered=True, late=False)
    warmth.tally(answered=False, late=True)
    warmth.begin(0.0)

    seen = warmth.snapshot(0.0)

    assert (seen.cold, seen.answered, seen.late, seen.warm, seen.in_flight) == (2, 1, 1, 0, 1)
    assert repr(warmth) == "<Warmth 1 in flight, 0 environments seen>"
