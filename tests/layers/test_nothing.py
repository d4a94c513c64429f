"""Statuses that mean "there is none"."""

import pytest

from gateway.layers.nothing import answering_nothing
from gateway.outcome import Cause, Failure, Freshness, Success
from tests.support.calls import make_call
from tests.support.sources import ScriptedSource


async def answered(outcome, statuses=frozenset({404, 410})):
    return await answering_nothing(statuses)(ScriptedSource().will(outcome))(make_call())


@pytest.mark.parametrize("status", [404, 410])
async def test_listed_status_is_a_live_null(status):
    outcome = await answered(Failure(Cause.REJECTED, status=status))

    assert isinstance(outcome, Success)
    assert (outcome.body, outcome.status) == (b"null", status)
    assert (outcome.freshness, outcome.cause) == (Freshness.LIVE, None)


@pytest.mark.parametrize(
    "outcome",
    [Failure(Cause.REJECTED, status=409), Failure(Cause.TIMEOUT), Success(b"1"), Success(b"1", status=404)],
)
async def test_everything_else_passes_as_it_is(outcome):
    assert await answered(outcome) is outcome
