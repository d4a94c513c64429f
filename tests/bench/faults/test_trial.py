"""A trial with real processes: a fault begins, the gateway is asked, and everything is counted."""

from contextlib import AsyncExitStack
from types import SimpleNamespace

import pytest

from bench.faults.mocks import Mocks
from bench.faults.scenarios import AHEAD, Act, Deed, Scenario, broken
from bench.faults.trial import Lane, trips_in
from bench.faults.variants import NO_BREAKER, Variant
from bench.machine import MissingError, two_cores
from gateway.telemetry.metrics import Metrics

CHANGES = (
    ("users", "closed", "open", "consecutive"),
    ("users", "open", "half_open", "open_time_over"),
    ("users", "half_open", "open", "probe_failed"),
    ("users", "half_open", "open", "probe_failed"),
    ("orders", "closed", "open", "failure_ratio"),
)


def test_trips_are_transitions_to_open_whatever_the_reason():
    metrics = Metrics()
    for upstream, old, new, reason in CHANGES:
        metrics.count_transition(upstream, SimpleNamespace(old=old, new=new, reason=reason))

    assert trips_in(metrics.exposition()[0].decode()) == {"users": 3, "orders": 1}


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
