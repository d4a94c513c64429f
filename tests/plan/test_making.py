"""A step's call is made from what its run knows, or the step ends without one."""

from types import SimpleNamespace

import pytest

from gateway.call import Call, Trace
from gateway.outcome import NOT_CHOSEN, Cause, Failure, Freshness, Success
from gateway.plan.making import bug, call_of
from gateway.plan.model import Plan, Step
from gateway.telemetry.log import Log
from gateway.telemetry.repetition import FIRST, Sparing

FAILED = Failure(Cause.FAILED)
OVER = Failure(Cause.OUT_OF_TIME)


def fallback(failure, _inputs):
    return Success(b"0", Freshness.FALLBACK, failure.cause)


def made(step, *, outcomes=(None, None), over=None, inputs=("42",), log=None):
    needed = Step("needed", 0, None, None)
    log = log or Sparing(Log("gateway.plan"))
    run = SimpleNamespace(
        plan=Plan("GET /x", (needed, step), 1.0, merge=None),
        outcomes=outcomes,
        inputs=inputs,
        trace=Trace("0" * 32, "00", "req-1"),
        deadline=7.0,
        floor=0.02,
        siblings={},
        crashed=lambda index, error: bug((needed, step)[index], run, error, log),
    )
    return call_of(step, run, over), run


def a_step(prepare=lambda run: b"payload", **more):
    return Step("s", 1, None, prepare, **more)


def test_call_has_what_its_step_and_its_run_say():
    call, run = made(a_step(timeout=0.3, repeatable=False))

    assert (call.step, call.payload, call.timeout, call.repeatable) == ("s", b"payload", 0.3, False)
    assert (call.deadline, call.floor, call.trace) == (7.0, 0.02, run.trace)
    assert (call.identity, call.siblings) == (None, None)


def test_identity_is_asked_for_where_there_is_one_and_brings_the_siblings():
    call, run = made(a_step(identify=lambda scope, payload: payload + scope.inputs[0].encode()))

    assert call.identity == b"payload42"
    assert call.siblings is run.siblings


def test_step_that_is_not_chosen_is_null_without_a_cause_and_is_not_prepared():
    ended, _ = made(a_step(prepare=lambda _: 1 / 0, chosen=lambda run: run.inputs != ("42",)))

    assert ended is NOT_CHOSEN
    assert (ended.body, ended.cause, ended.freshness) == (b"null", None, Freshness.NOT_CHOSEN)


def test_chosen_step_is_called():
    call, _ = made(a_step(chosen=lambda run: run.inputs == ("42",)))

    assert isinstance(call, Call)


def test_step_whose_need_failed_is_skipped_and_not_asked_whether_it_is_chosen():
    ended, _ = made(a_step(needs=(0,), chosen=lambda _: 1 / 0), outcomes=(FAILED, None))

    assert ended.cause is Cause.SKIPPED


def test_bug_in_a_condition_is_the_steps_own_failure():
    ended, _ = made(a_step(chosen=lambda _: 1 / 0))

    assert ended.cause is Cause.INTERNAL


def test_call_without_an_identity_of_its_own_has_no_siblings():
    call, _ = made(a_step(identify=lambda *_: None))

    assert call.siblings is None


def test_step_whose_need_failed_is_skipped_also_when_the_run_is_over():
    outcome, _ = made(a_step(needs=(0,)), outcomes=(FAILED, None), over=OVER)

    assert (outcome.cause, outcome.need, outcome.detail) == (Cause.SKIPPED, FAILED, "needs needed")


def test_nothing_is_called_any_more_when_the_run_is_over():
    outcome, _ = made(a_step(prepare=lambda run: pytest.fail("prepared")), over=OVER)

    assert outcome is OVER


def test_failed_payload_is_the_outcome():
    outcome, _ = made(a_step(prepare=lambda run: FAILED))

    assert outcome is FAILED


def test_fallback_stands_in_for_a_call_that_was_not_made():
    outcome, _ = made(a_step(stand_in=fallback), over=OVER)

    assert (outcome.body, outcome.cause) == (b"0", Cause.OUT_OF_TIME)


@pytest.mark.parametrize("part", ["prepare", "identify"])
def test_bug_is_the_outcome_and_is_logged(part, caplog):
    def broken(*_):
        raise KeyError("x")

    outcome, _ = made(a_step(**{part: broken}))

    assert outcome.cause is Cause.INTERNAL
    assert "bug in step s of GET /x request=req-1 trace=000" in caplog.text
    assert not isinstance(outcome, Call)


def test_values_of_the_request_are_not_logged_with_its_bug(caplog):
    def broken(run):
        raise ValueError(f"cannot read {run.inputs[0]} of {run.inputs[1]!r}")

    _, _ = made(a_step(broken), inputs=["s3cret-token", b'{"pin": "4711-0815"}'])

    assert "ValueError: cannot read [redacted]" in caplog.text
    assert not any(value in caplog.text for value in ("s3cret-token", "4711-0815"))


def test_bug_that_hits_every_request_is_logged_a_few_times(caplog):
    def broken(run):
        raise KeyError("x")

    log = Sparing(Log("gateway.plan"))
    for _ in range(100):
        made(a_step(broken), log=log)
    log.flush()

    assert len(caplog.records) == FIRST + 1
    assert caplog.records[-1].getMessage() == f"{100 - FIRST} more within 10 s: bug in step s of GET /x"


def test_payload_that_failed_is_not_asked_which_calls_it_equals():
    identify = lambda scope, payload: pytest.fail("identified")

    outcome, _ = made(a_step(prepare=lambda run: FAILED, identify=identify))

    assert outcome is FAILED
