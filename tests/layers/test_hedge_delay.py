"""How long a first attempt may be alone."""

import pytest

from gateway.layers.hedge_delay import FixedDelay, LiveDelay


def learned(seconds=0.02, count=100, now=0.0):
    delay = LiveDelay(0.95)
    for _ in range(count):
        delay.record(now, seconds)
    return delay


def test_fixed_delay_learns_nothing_and_affords_everything():
    delay = FixedDelay(0.03)

    delay.record(0.0, 5.0)

    assert (delay.begin(0.0), delay.typical, delay.afford(0.0, again=False)) == (0.03, 0.0, True)
    assert repr(delay) == "<FixedDelay 30 ms>"


def test_g4_fewer_than_fifty_samples_give_no_delay():
    assert learned(count=49).begin(0.0) is None
    assert learned(count=50).begin(0.0) is not None


def test_delay_is_the_percentile_just_rounded_up():
    delay = learned(0.02)

    assert delay.begin(0.0) == pytest.approx(0.02, rel=0.07)
    assert delay.typical == pytest.approx(0.02, rel=0.07)


def test_delay_is_a_millisecond_at_least():
    assert learned(0.0002).begin(0.0) == 0.001


def test_delay_follows_within_half_a_second():
    delay = learned(0.02)
    delay.begin(0.0)
    for _ in range(100):
        delay.record(0.1, 0.2)

    assert delay.begin(0.49) < 0.03
    assert delay.begin(0.5) > 0.19


def test_delay_is_unknown_again_after_a_quiet_minute():
    delay = learned(0.02)

    assert delay.begin(0.0) is not None
    assert delay.begin(61.0) is None


def test_one_hedge_in_twenty_calls_is_afforded():
    delay = learned(0.02)
    afforded = 0
    for i in range(1000):
        delay.begin(i / 100)
        afforded += delay.afford(i / 100, again=False)

    assert 38 <= afforded <= 50


def test_unused_share_does_not_pile_up():
    delay = learned(0.02)
    for i in range(10_000):
        delay.begin(i / 100)

    assert sum(delay.afford(100.0, again=False) for _ in range(1000)) == pytest.approx(1 + 0.05 * 100, abs=1)


def test_quiet_step_still_gets_its_hedge():
    delay = learned(0.02)
    for i in range(25):
        delay.begin(10.0 * i)

    assert delay.afford(250.0, again=False)


def test_share_that_ran_out_is_kept_for_calls_that_ask_again():
    """200 calls a second, of which one in ten is a little slow and one in a hundred stalled."""
    delay = learned()
    saved = asked = 0
    for i in range(4000):
        now = i / 200
        delay.begin(now)
        if i % 10 == 0:
            delay.afford(now, again=False)
        if i % 100 == 50:
            asked += 1
            saved += delay.afford(now, again=False) or delay.afford(now, again=True)

    assert saved >= asked - 1


def test_calls_that_ask_first_get_the_whole_share_while_nobody_asks_again():
    delay = learned()
    first = 0
    for i in range(4000):
        delay.begin(i / 200)
        first += delay.afford(i / 200, again=False)

    assert first == pytest.approx(4000 * 0.045, rel=0.12)  # what is saved up fades


def test_delay_describes_itself():
    delay = learned(0.02)
    assert repr(delay) == "<LiveDelay p95, unknown yet>"

    delay.begin(0.0)

    assert repr(delay) == "<LiveDelay p95, 20.5 ms>"
