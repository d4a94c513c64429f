"""The limit follows what an upstream bears: its steps, one window at a time, on a clock of its own."""

import random
from itertools import pairwise

import pytest

from gateway.layers.gradient import Gradient, GradientRules

RULES = GradientRules(samples=10, few=4, shortest=0.1, longest=1.0, jitter=0.0)


class Upstream:
    """Works on *servers* calls at once, each for *work* seconds; tells *gradient* of whole windows.

    By Little's law *n* calls in flight then take ``work * max(1, n / servers)`` each.
    """

    def __init__(self, servers=10, work=0.05, rules=RULES):
        self.servers = servers
        self.work = work
        self.now = 1_000.0
        self.gradient = Gradient(rules, lambda: 0.5)

    def window(self, in_flight=None, *, dropped=0, calls=10):
        """One window of *calls* with so many in flight (``None``: as many as allowed); returns the limit."""
        in_flight = self.gradient.slots if in_flight is None else in_flight
        took = self.work * max(1.0, in_flight / self.servers)
        self.now += max(took, self.gradient.rules.shortest) + 0.001
        for number in range(calls):
            self.gradient.record(self.now, took, in_flight, dropped=number < dropped)
        return self.gradient.limit

    def windows(self, count, in_flight=None):
        return [self.window(in_flight) for _ in range(count)]

    def settled(self):
        self.windows(60)
        return self


def test_before_anything_is_known_it_measures_with_fewer_slots_than_the_first_limit():
    gradient = Upstream().gradient

    assert gradient.measuring
    assert (gradient.limit, gradient.slots, gradient.unloaded) == (20.0, 13, None)
    assert repr(gradient) == "<Gradient 13 slots, time without load not known yet>"


def test_measuring_goes_down_until_calls_get_no_quicker():
    upstream = Upstream(servers=6)
    levels = [upstream.gradient.slots]

    while upstream.gradient.measuring:
        upstream.window()
        levels.append(upstream.gradient.slots)

    assert levels == [13, 8, 5, 4, 20]  # 4 is the least, and the limit comes back
    assert upstream.gradient.unloaded == pytest.approx(0.05)


def test_limit_falls_to_where_calls_take_as_long_as_tolerated():
    upstream = Upstream(servers=10).settled()

    assert upstream.gradient.limit == pytest.approx(11.5, abs=1.0)
    assert repr(upstream.gradient) == f"<Gradient limit {upstream.gradient.slots}, 50.0 ms without load>"


def test_limit_doubles_until_the_first_sign_of_a_queue_and_then_goes_in_small_steps():
    upstream = Upstream(servers=300)
    upstream.windows(3)
    assert not upstream.gradient.measuring

    limits = [20.0, *upstream.windows(40)]

    assert limits[:5] == [20.0, 40.0, 80.0, 160.0, 320.0]
    assert max(limits) <= 2 * 345
    assert limits[-1] == pytest.approx(345, rel=0.1)
    later = limits[6:]
    assert max(b - a for a, b in pairwise(later)) < 20


def test_limit_that_is_not_used_up_stays_as_it_is():
    upstream = Upstream(servers=1000).settled()
    before = upstream.gradient.limit

    upstream.windows(50, in_flight=int(before) // 2 - 1)

    assert upstream.gradient.limit == before


def test_limit_stays_between_its_bounds():
    rules = GradientRules(samples=10, few=4, least=8, first=10, most=15, jitter=0.0)

    upstream = Upstream(servers=500, rules=rules).settled()
    assert upstream.gradient.limit == 15.0

    for _ in range(20):
        upstream.window(dropped=10)
    assert upstream.gradient.limit == 8.0
    assert upstream.gradient.slots == 8


def test_upstream_that_lost_servers_gets_fewer_calls_and_more_again_when_they_are_back():
    upstream = Upstream(servers=20).settled()
    assert upstream.gradient.limit == pytest.approx(23, abs=2)

    upstream.servers = 8
    assert upstream.settled().gradient.limit == pytest.approx(9, abs=1.5)

    upstream.servers = 20
    upstream.windows(150)
    assert upstream.gradient.limit == pytest.approx(23, abs=2)


def test_upstream_whose_work_takes_longer_now_keeps_its_limit():
    upstream = Upstream(work=0.05).settled()

    upstream.work = 0.2
    upstream.windows(100)

    assert upstream.gradient.unloaded == pytest.approx(0.2, rel=0.05)
    assert upstream.gradient.limit == pytest.approx(11.5, abs=1.0)


def test_queue_that_was_there_from_the_beginning_is_not_taken_for_normal():
    upstream = Upstream(servers=10)
    upstream.gradient.unloaded, upstream.gradient._level = 0.1, None  # twice the truth
    upstream.gradient._again_at = upstream.now

    upstream.windows(20)

    assert upstream.gradient.unloaded == pytest.approx(0.05, rel=0.1)


def test_time_without_load_is_measured_again_every_half_minute():
    upstream = Upstream().settled()
    measured = []

    for _ in range(1_000):
        before = upstream.gradient.measuring
        upstream.window()
        if upstream.gradient.measuring and not before:
            measured.append(upstream.now)

    pauses = [b - a for a, b in pairwise(measured)]
    assert len(pauses) >= 2
    assert all(30.0 <= pause <= 31.0 for pause in pauses)


def test_replicas_measure_at_different_times():
    seeded = random.Random(7)
    rules = GradientRules(samples=10, few=4)
    again = []
    for _ in range(50):
        upstream = Upstream(rules=rules)
        upstream.gradient._random = seeded.random
        upstream.windows(60)
        again.append(upstream.gradient._again_at)

    assert max(again) - min(again) > 2.0


def test_calls_that_run_out_of_time_shrink_the_limit_although_they_all_take_equally_long():
    upstream = Upstream().settled()
    upstream.window(dropped=0)
    before = upstream.gradient.limit

    for _ in range(5):
        upstream.window(dropped=10)

    assert upstream.gradient.limit <= before / 2
    assert upstream.gradient.limit >= 4.0


def test_a_few_stalls_do_not_move_the_limit():
    upstream = Upstream(servers=10).settled()
    healthy = upstream.gradient.limit
    rules = GradientRules(jitter=0.0)  # a hundred calls to a window
    stalling = Upstream(servers=10, rules=rules)

    for _ in range(60):
        stalling.window(dropped=1, calls=100)

    assert stalling.gradient.limit == pytest.approx(healthy, abs=1.5)


def test_call_that_began_before_the_window_does_not_count():
    upstream = Upstream().settled()
    gradient = upstream.gradient
    upstream.window()
    limit = gradient.limit

    for _ in range(100):
        gradient.record(upstream.now + 0.5, 5.0, 11)

    assert gradient.limit == limit


def test_call_we_cut_counts_only_if_it_was_late_already():
    upstream = Upstream().settled()
    gradient, limit = upstream.gradient, upstream.gradient.limit

    for _ in range(100):
        gradient.cut(upstream.now + 0.2, 0.09, 11)
    assert gradient.limit == limit

    for _ in range(100):
        gradient.cut(upstream.now + 0.2, 0.11, 11)
    assert gradient.limit < limit


def test_call_we_cut_says_nothing_while_the_time_without_load_is_not_known():
    gradient = Upstream().gradient

    assert gradient.cut(1_000.0, 5.0, 11) == gradient.slots
    assert gradient.unloaded is None


def test_upstream_that_answers_nothing_at_first_is_measured_as_soon_as_it_does():
    upstream = Upstream()

    for _ in range(10):
        upstream.window(dropped=10)
    assert upstream.gradient.measuring
    assert upstream.gradient.unloaded is None

    upstream.windows(3)
    assert upstream.gradient.unloaded == pytest.approx(0.05)


def test_little_traffic_fills_a_window_in_time():
    upstream = Upstream()
    gradient = upstream.gradient
    for _ in range(8):
        upstream.now += 0.5
        gradient.record(upstream.now, 0.05, 1)

    assert gradient.unloaded == pytest.approx(0.05)


@pytest.mark.parametrize("limits", [(0, 5, 10), (5, 4, 10), (5, 11, 10)])
def test_limits_that_do_not_rise_are_a_bug(limits):
    least, first, most = limits

    with pytest.raises(ValueError, match="must rise"):
        GradientRules(least=least, first=first, most=most)


def test_step_that_could_not_tell_a_queue_from_noise_is_a_bug():
    with pytest.raises(ValueError, match="noise"):
        GradientRules(step=0.8)
