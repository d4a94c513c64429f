"""Configured answers for failed calls."""

import pytest

from gateway.layers.fallback import standing_in
from gateway.outcome import Cause, Failure, Freshness, Success
from tests.support.calls import make_call
from tests.support.sources import ScriptedSource


def empty_list(failure, inputs):
    return Success(b"[]", Freshness.FALLBACK, failure.cause)


async def answered(outcome, stand_in=empty_list, **call):
    return await standing_in(stand_in)(ScriptedSource().will(outcome))(make_call(**call))


@pytest.mark.parametrize("cause", list(Cause))
async def test_fallback_stands_in_for_every_failure_and_names_its_cause(cause):
    outcome = await answered(Failure(cause))

    assert (outcome.body, outcome.freshness, outcome.cause) == (b"[]", Freshness.FALLBACK, cause)


@pytest.mark.parametrize("freshness", list(Freshness))
async def test_answer_of_any_freshness_needs_no_fallback(freshness):
    outcome = Success(b"1", freshness)

    assert await answered(outcome) is outcome


async def test_fallback_may_use_the_clients_request():
    def echo(failure, inputs):
        return Success(inputs[0].encode(), Freshness.FALLBACK, failure.cause)

    assert (await answered(Failure(Cause.FAILED), echo, inputs=["42"])).body == b"42"


async def test_f7_fallback_with_nothing_to_say_leaves_the_failure():
    failure = Failure(Cause.FAILED)

    assert await answered(failure, lambda failure, inputs: failure) is failure


async def test_bug_below_is_not_covered_up():
    with pytest.raises(RuntimeError, match="bug"):
        await answered(RuntimeError("bug"))
