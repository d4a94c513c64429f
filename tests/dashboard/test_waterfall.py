"""When each step began follows from the plan and from how long the others took."""

from gateway.dashboard.waterfall import bars
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.joined import joined
from gateway.plan.model import Plan, Step
from tests.support.calls import make_call


class Run:
    """A run that ended: *ended* gives for each step its seconds (``None``: never called) and outcome."""

    def __init__(self, steps, ended):
        self.plan = Plan("GET /x", tuple(steps), 1.0, lambda scope: b"")
        self.calls = [_call(step, seconds) for step, (seconds, _) in zip(steps, ended, strict=True)]
        self.outcomes = [outcome for _, outcome in ended]


def _call(step, seconds):
    if seconds is None:
        return None
    call = make_call(step.name)
    call.elapsed = seconds
    return call


def step(name, index, needs=(), awaits=()):
    return Step(name, index, None, None, needs=needs, awaits=awaits)


LIVE = Success(b"1")


def test_step_begins_when_the_last_one_that_it_waits_for_has_ended():
    steps = [
        step("user", 0),
        step("offers", 1),
        step("basket", 2, needs=(0,), awaits=(1,)),
        step("tax", 3, (2,)),
    ]
    run = Run(steps, [(0.01, LIVE), (0.04, LIVE), (0.02, LIVE), (0.005, LIVE)])

    found = bars(run, ["users", "shop", "shop", "taxes"])

    assert [(bar.step, bar.upstream) for bar in found][2:] == [("basket", "shop"), ("tax", "taxes")]
    assert [round(bar.start, 3) for bar in found] == [0.0, 0.0, 0.04, 0.06]
    assert [bar.seconds for bar in found] == [0.01, 0.04, 0.02, 0.005]


def test_steps_in_any_order_are_found_by_their_edges():
    run = Run([step("late", 0, needs=(1,)), step("early", 1)], [(0.02, LIVE), (0.03, LIVE)])

    assert [bar.start for bar in bars(run, ["a", "b"])] == [0.03, 0.0]


def test_step_that_was_never_called_has_no_beginning():
    failure = Failure(Cause.SKIPPED, "needs user")
    run = Run(
        [step("user", 0), step("offers", 1, needs=(0,))],
        [(0.3, Failure(Cause.TIMEOUT, "no answer within 300 ms")), (None, failure)],
    )

    first, second = bars(run, ["users", "shop"])

    assert (first.outcome, first.cause, first.detail) == ("nothing", "timeout", "no answer within 300 ms")
    assert (second.start, second.seconds, second.attempts, second.cause) == (None, 0.0, 0, "skipped")


def test_what_stood_in_is_told_with_its_cause():
    run = Run([step("user", 0)], [(0.3, Success(b"1", Freshness.STALE, Cause.TIMEOUT))])

    assert [(bar.outcome, bar.cause) for bar in bars(run, ["users"])] == [("stale", "timeout")]


def test_step_that_had_not_ended_is_unfinished():
    run = Run([step("user", 0)], [(0.3, None)])

    assert [(bar.outcome, bar.cause) for bar in bars(run, ["users"])] == [("unfinished", None)]


def test_attempts_are_counted():
    run = Run([step("user", 0)], [(0.3, LIVE)])
    run.calls[0].attempt = 2

    assert bars(run, ["users"])[0].attempts == 2


def test_list_with_missing_items_says_how_many():
    partial = joined([LIVE, Failure(Cause.TIMEOUT)], None, required=False)

    (bar,) = bars(Run([step("items", 0)], [(0.01, partial)]), ["shop"])

    assert (bar.outcome, bar.cause, bar.detail) == ("partial", "timeout", "1 of 2 items are missing")
