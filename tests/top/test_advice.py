"""Proposals follow from percentiles, and say from which."""

import pytest

from gateway.dashboard.snapshot import Step
from gateway.top.advice import advice
from tests.support.compiled import route as compiled
from tests.support.snapshots import route as seen
from tests.support.snapshots import upstream


def seen_step(name="a", p50=0.01, p99=0.02, failed=0.0):
    return Step(name=name, rate=10.0, failed=failed, stood_in=0.0, cached=0.0, p50=p50, p99=p99)


def proposals(step, *measured, upstreams=(), key="GET /x"):
    route = compiled(key, f"{{ time_limit: 2s, steps: {{ a: {step} }} }}")
    measured = seen(key, rate=1.0, p50=0.01, p99=0.05, steps=list(measured))
    lines = advice(route, measured, {each.name: each for each in upstreams})
    start = next(at for at, line in enumerate(lines) if line.startswith("  proposals"))
    return [line[15:] for line in lines[start:] if line]


@pytest.mark.parametrize(
    ("timeout", "p99", "proposed"),
    [
        ("1s", 0.031, "a: timeout: 100ms in place of 1 s, as p99 is 31 ms"),
        ("1s", 0.002, "a: timeout: 20ms in place of 1 s, as p99 is 2.0 ms"),
        ("200ms", 0.05, "none"),
        ("200ms", 0.2, "a: timeout: 500ms; calls end by that of 200 ms (p99 200 ms)"),
        ("1.5s", 1.6, "a: timeout: 1.6s; calls end by that of 1.5 s (p99 1.60 s)"),
        ("1.9s", 1.95, "a: calls end by the timeout of 1.9 s, and the time limit has no room for more"),
    ],
)
def test_timeouts_far_from_p99_are_proposed_anew(timeout, p99, proposed):
    assert proposals(f"{{ get: users, timeout: {timeout} }}", seen_step(p50=p99 / 2, p99=p99)) == [proposed]


def test_long_tail_is_worth_a_hedge():
    tail = seen_step(p50=0.01, p99=0.2)

    assert proposals("{ get: users, timeout: 500ms }", tail) == [
        "a: hedge: { after: p95 }, as p99 is 200 ms and p50 10 ms"
    ]
    assert proposals("{ get: users, timeout: 500ms, hedge: on }", tail) == ["none"]
    assert proposals("{ post: users, timeout: 500ms }", tail) == ["none"]


def test_required_step_that_fails_often_is_called_into_question():
    bad = seen_step(p99=0.5, p50=0.3, failed=0.04)

    assert proposals("{ get: users, timeout: 1s }", bad) == [
        "a: required: false, or a fallback: 4.0% of its calls fail, each with its request"
    ]
    assert proposals("{ get: users, timeout: 1s, required: false }", bad) == ["none"]
    assert proposals("{ get: users, timeout: 1s, fallback: 1 }", bad) == ["none"]


def test_longest_path_is_told_for_both_percentiles_and_drawn():
    steps = 'a: { get: users }, b: { get: "users/{a.x}" }, c: { get: users/c }'
    route = compiled("GET /x", f"{{ time_limit: 2s, steps: {{ {steps} }} }}")
    measured = [seen_step("a", 0.01, 0.02), seen_step("b", 0.01, 0.02), seen_step("c", 0.005, 0.9)]
    lines = advice(route, seen("GET /x", rate=12.0, degraded=0.01, p50=0.02, p99=0.9, steps=measured), {})

    assert lines[:7] == [
        "GET /x",
        "  measured     12/s, 1.0% degraded, 0% failed; p50 20 ms, p99 900 ms",
        "  longest p50  20 ms: a > b",
        "  longest p99  900 ms: c",
        "  plan at p99  ○ optional, * takes longest",
        "    ○ a  20 ms ────┐",
        "                   └─▶ ○ b  20 ms",
    ]


def test_nothing_is_proposed_without_numbers():
    assert proposals("{ get: users }", seen_step(p50=None, p99=None)) == ["none: no calls meanwhile"]
    route = compiled("GET /x", "{ steps: { a: { get: users } } }")
    assert advice(route, None, {})[1] == "  measured     this gateway has no such route"


@pytest.mark.parametrize(
    "step",
    [
        "{ get: users, timeout: 1s, cache: { ttl: 1s } }",
        '{ get: "users/{item}", timeout: 1s, for_each: "{query.id[]}" }',
    ],
)
def test_where_a_call_is_not_one_attempt_those_of_the_upstream_count(step):
    copies = seen_step(p50=0.0001, p99=0.0002)

    assert proposals(step, copies, upstreams=[upstream("users", p50=0.02, p99=0.05)]) == [
        "a: timeout: 150ms in place of 1 s, as p99 is 50 ms"
    ]
    assert proposals(step, copies) == ["none"]
