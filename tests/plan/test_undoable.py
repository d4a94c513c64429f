"""What a step's outcome says of what it did, and who is told of a call that ends late."""

import asyncio

import pytest

from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.model import Step
from gateway.plan.undoable import Did, Undo, did
from tests.support.calls import make_call
from tests.support.sources import After, ScriptedSource
from tests.support.virtual_time import run_virtually

TIMEOUT = Failure(Cause.TIMEOUT)
DOWN = Failure(Cause.FAILED, status=500)


@pytest.mark.parametrize(
    ("outcome", "sent", "attempt", "what"),
    [
        (Success(b"1"), True, 1, Did.YES),
        (Success(b"null", status=204), True, 1, Did.YES),
        (Success(b"1"), True, 2, Did.YES),
        (Success(b"null", status=404), True, 1, Did.NO),
        (Success(b"1", Freshness.CACHED), False, 1, Did.NO),
        (Success(b"1", Freshness.FALLBACK, Cause.TIMEOUT), True, 1, Did.PERHAPS),
        (Success(b"1", Freshness.FALLBACK, Cause.REJECTED), True, 1, Did.NO),
        (TIMEOUT, True, 1, Did.PERHAPS),
        (Failure(Cause.INCOMPLETE), True, 1, Did.PERHAPS),
        (DOWN, True, 1, Did.PERHAPS),
        (Failure(Cause.UNREADABLE), True, 1, Did.PERHAPS),
        (Failure(Cause.TOO_LARGE), True, 1, Did.PERHAPS),
        (Failure(Cause.OUT_OF_TIME), True, 1, Did.PERHAPS),
        (Failure(Cause.INTERNAL), True, 1, Did.PERHAPS),
        (None, True, 1, Did.PERHAPS),
        (None, False, 1, Did.NO),
        (Failure(Cause.OUT_OF_TIME), False, 1, Did.NO),
        (Failure(Cause.UNREACHABLE), False, 1, Did.NO),
        (Failure(Cause.UNREACHABLE), False, 2, Did.PERHAPS),
        (Failure(Cause.REJECTED, status=409), True, 1, Did.NO),
        (Failure(Cause.REJECTED, status=409), True, 2, Did.PERHAPS),
        (Failure(Cause.THROTTLED), True, 1, Did.NO),
        (Failure(Cause.CIRCUIT_OPEN), False, 1, Did.NO),
        (Failure(Cause.SKIPPED), False, 1, Did.NO),
    ],
)
def test_what_an_outcome_says_of_what_was_done(outcome, sent, attempt, what):
    call = make_call()
    call.sent, call.attempt = sent, attempt

    assert did(call, outcome) is what


def test_earlier_attempts_of_a_call_that_may_not_be_repeated_did_nothing():
    call = make_call(repeatable=False)
    call.sent, call.attempt = True, 2

    assert did(call, Failure(Cause.REJECTED, status=409)) is Did.NO
    assert did(call, TIMEOUT) is Did.PERHAPS


@pytest.mark.parametrize("cancelled", [False, True])
def test_who_waits_for_a_call_is_told_how_it_ended(cancelled):
    async def scenario():
        source = ScriptedSource().will(After(0.1, DOWN))
        undo = Undo(0, Step("undo a", 0, source, lambda scope: None), 1.0)
        call = make_call()
        task = asyncio.ensure_future(undo.layer(source)(call))
        future = undo.late[call] = asyncio.get_running_loop().create_future()
        await asyncio.sleep(0.05)
        if cancelled:
            task.cancel()

        assert (await future).cause is (Cause.OUT_OF_TIME if cancelled else Cause.FAILED)
        assert undo.late == {}

    run_virtually(scenario)


def test_call_that_nobody_waits_for_is_told_to_nobody():
    async def scenario():
        source = ScriptedSource().will(DOWN)
        undo = Undo(0, Step("undo a", 0, source, lambda scope: None), 1.0)

        assert await undo.layer(source)(make_call()) is DOWN
        assert undo.late == {}

    run_virtually(scenario)
