"""A trial with real processes: a fault begins, the gateway is asked, and everything is counted."""

from contextlib import AsyncExitStack

import pytest

from bench.faults.mocks import Mocks
from bench.faults.scenarios import AHEAD, Act, Deed, Scenario, broken
from bench.faults.trial import Lane, trips_in
from bench.faults.variants import NO_BREAKER, Variant
from bench.machine import MissingError, two_cores

METRICS = """\
# TYPE gateway_breaker_transitions_total counter
gateway_breaker_transitions_total{new="open",old="closed",reason="consecutive",upstream="users"} 1.0
gateway_breaker_transitions_total{new="open",old="half_open",reason="probe_failed",upstream="users"} 2.0
gateway_breaker_transitions_total{new="half_open",old="open",reason="open_time_over",upstream="users"} 2.0
gateway_breaker_transitions_total{new="open",old="closed",reason="failure_ratio",upstream="orders"} 1.0
"""


def test_trips_are_transitions_to_open_whatever_the_reason():
    assert trips_in(METRICS) == {"users": 3, "orders": 1}


@pytest.fixture
async def lane(tmp_path):
    try:
        cores = two_cores()
    except MissingError as error:
        pytest.skip(str(error))
    async with AsyncExitStack() as stack:
        mocks = await stack.enter_async_context(Mocks(cores[0], tmp_path))
        yield Lane(mocks, cores, tmp_path, rate=50)


@pytest.mark.slow
async def test_fault_is_met_and_counted(lane):
    away = Act(0.3, Deed.STOP, ["orders"])
    scenario = Scenario("s", "s", "s", 1.0, [broken(AHEAD, ["recommendations"], status=503), away], since=0.2)

    found = await lane.trial(NO_BREAKER, scenario)

    assert found.failed == ""
    assert (found.figures.success, found.figures.complete) == (1.0, 0.0)
    assert found.figures.hits["users"] == pytest.approx(1.0, abs=0.1)
    assert found.stats["orders"]["hits"] == 0
    assert len(found.done) == 2


@pytest.mark.slow
async def test_server_that_does_not_start_is_a_failure_with_its_last_words(lane):
    found = await lane.trial(
        Variant("odd", "odd", upstream={"retry": "sometimes"}), Scenario("s", "s", "s", 1.0)
    )

    assert "retry" in found.failed
    assert found.figures is None
