"""How long a route takes at worst, and which bounds never come to bear."""

import pytest

from gateway.compiler.worst_case import critical_path, idle_bounds, idle_bounds_of, longest_call
from gateway.plan.model import Step
from tests.config.sample import with_upstream
from tests.support.compiled import route

USERS = "upstreams: {{ users: {{ url: http://127.0.0.1:9101, {} }} }}\n"


def only_step(step, upstream="timeout: 1s", limit="2s"):
    made = route("GET /x", f"{{ time_limit: {limit}, steps: {{ a: {step} }} }}", USERS.format(upstream))
    return made.plan.steps[0], made.facts[0]


def longest(step, upstream="timeout: 1s", limit="2s"):
    return pytest.approx(longest_call(*only_step(step, upstream, limit)))


def warnings(step, upstream="timeout: 1s", limit="2s"):
    return list(idle_bounds(*only_step(step, upstream, limit), float(limit[:-1])))


def test_one_attempt_takes_its_wait_for_a_slot_and_its_timeout():
    assert longest("{ get: users, retry: off }") == 1.1
    assert longest("{ get: users, retry: off }", "bulkhead: off") == 1.0
    assert longest("{ get: users, retry: off, timeout: 300ms }") == 0.4


def test_several_attempts_take_their_pauses_as_well():
    assert longest("{ get: users }") == 2 * 1.1 + 0.05
    assert longest("{ get: users, retry: { attempts: 4, backoff: 200ms } }") == 4 * 1.1 + 0.2 + 0.4 + 0.5


def test_hedge_without_retries_begins_anew():
    assert longest("{ get: users, retry: off, hedge: { after: 400ms } }") == 0.4 + 1.1
    assert longest("{ get: users, retry: off, hedge: { after: p95 } }") == 2 * 1.1
    assert longest("{ get: users, retry: { attempts: 1 }, hedge: { after: 400ms } }") == 0.4 + 1.1


def test_hedge_that_is_never_sent_takes_no_time():
    assert longest("{ get: users, retry: off, hedge: { after: 1500ms } }") == 1.1


def test_hedge_is_one_of_several_attempts():
    assert longest("{ get: users, hedge: { after: 400ms } }") == 2 * 1.1 + 0.05


def steps(**needs):
    names = list(needs)
    return [
        Step(name, names.index(name), None, None, needs=tuple(names.index(each) for each in needs[name]))
        for name in names
    ]


def test_critical_path_is_the_chain_that_takes_longest():
    plan = steps(a=[], b=["a"], c=[], d=["b", "c"])

    assert critical_path(plan, [1.0, 1.0, 1.5, 1.0]) == ([0, 1, 3], 3.0)
    assert critical_path(plan, [0.1, 0.1, 1.5, 1.0]) == ([2, 3], 2.5)
    assert critical_path(plan, [9.0, 0.1, 1.5, 1.0]) == ([0, 1, 3], pytest.approx(10.1))


def test_step_that_nobody_waits_for_can_be_the_longest():
    assert critical_path(steps(a=[], b=[], c=["b"]), [5.0, 1.0, 1.0]) == ([0], 5.0)


def test_what_is_awaited_counts_as_what_is_needed():
    plan = [Step("a", 0, None, None), Step("b", 1, None, None, awaits=(0,))]

    assert critical_path(plan, [1.0, 1.0]) == ([0, 1], 2.0)


def test_usual_settings_have_no_bound_that_never_comes_to_bear():
    assert warnings("{ get: users, hedge: on, cache: { ttl: 1s, stale_if_error: 1m } }") == []
    assert list(idle_bounds_of(with_upstream("{ url: http://a, timeout: 300ms }"))) == []


def test_hedge_that_comes_after_the_timeout_is_told():
    told = ["`hedge` after 500 ms is never sent: the timeout of 500 ms comes first"]

    assert warnings("{ get: users, timeout: 500ms, hedge: { after: 500ms } }") == told
    assert warnings("{ get: users, timeout: 500ms, hedge: { after: 499ms } }") == []


def test_wait_for_a_slot_that_is_longer_than_the_time_limit_is_told():
    told = ["`max_wait` of 3 s never ends: the time limit comes first"]

    assert warnings("{ get: users }", "bulkhead: { max_wait: 3s }") == told


def test_pause_that_is_as_long_as_the_time_limit_is_told():
    step = "{ get: users, retry: { backoff: 2s, max_backoff: 2s } }"

    assert warnings(step) == ["`backoff` of 2 s is as long as the time limit"]


def test_copies_for_failures_that_are_served_in_any_case_are_told():
    step = "{{ get: users, cache: {{ ttl: 1s, stale_while_revalidate: 10s, stale_if_error: {} }} }}"

    [told] = warnings(step.format("10s"))
    assert told.startswith("`stale_if_error` is never needed: for 10 s")
    assert warnings(step.format("11s")) == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("timeout: 1s, breaker: { slow_call: 1s }", "`slow_call` of 1 s never counts"),
        ("timeout: 1s, connect_timeout: 2s", "`connect_timeout` of 2 s never fires"),
    ],
)
def test_bounds_of_an_upstream_that_its_timeout_comes_before_are_told(settings, told):
    [warning] = idle_bounds_of(with_upstream(f"{{ url: http://a, {settings} }}"))

    assert warning == f"{told}: the timeout of 1 s comes first"
