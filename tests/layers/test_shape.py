"""The shape layer changes answers of every freshness, and nothing else."""

import pytest

from gateway.layers.shape import shaping
from gateway.outcome import Cause, Failure, Freshness, Success
from tests.support.calls import make_call
from tests.support.sources import ScriptedSource


def upper(answer):
    return Success(answer.body.upper(), answer.freshness, answer.cause)


async def answered(outcome, shape=upper):
    return await shaping(shape)(ScriptedSource().will(outcome))(make_call())


@pytest.mark.parametrize("freshness", list(Freshness))
async def test_answer_of_any_freshness_is_shaped(freshness):
    outcome = await answered(Success(b'"a"', freshness, Cause.TIMEOUT))

    assert (outcome.body, outcome.freshness, outcome.cause) == (b'"A"', freshness, Cause.TIMEOUT)


async def test_failure_has_no_shape():
    failure = Failure(Cause.TIMEOUT)

    assert await answered(failure) is failure


async def test_answer_that_does_not_fit_becomes_a_failure():
    unreadable = Failure(Cause.UNREADABLE)

    assert await answered(Success(b"1"), lambda _: unreadable) is unreadable
