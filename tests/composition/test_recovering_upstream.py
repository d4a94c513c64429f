"""Probes of a half-open circuit, through all the layers of an upstream."""

import asyncio

import pytest

from gateway.outcome import Cause, Failure, Success
from tests.support.calls import make_call
from tests.support.sources import After, Hang
from tests.support.upstreams import Upstream, causes


async def test_h1_thousand_calls_on_a_recovering_upstream_are_three_probes_and_close_it():
    upstream = Upstream()
    await upstream.half_open(After(0.05))

    outcomes = await upstream.calls(1000)

    assert len(upstream.wire.calls) == 3
    assert causes(outcomes).count("circuit_open") + causes(outcomes).count("bulkhead_full") == 997
    assert upstream.state == "closed"
    upstream.assert_idle()


async def test_h2_first_failed_probe_opens_for_longer():
    upstream = Upstream()
    await upstream.half_open(Failure(Cause.FAILED), After(0.05))

    await upstream.calls(3)

    assert (upstream.state, round(upstream.breaker.open_remaining, 2)) == ("open", 10.0)


@pytest.mark.parametrize("how", ["cut", "cancelled"])
async def test_h3_probe_that_its_client_left_keeps_it_half_open_and_the_next_is_admitted(how):
    upstream = Upstream()
    await upstream.half_open(Hang(), Hang(), Hang(), Success(b"1"))
    probes = [make_call() for _ in range(3)]
    tasks = [asyncio.ensure_future(upstream.source(probe)) for probe in probes]
    await asyncio.sleep(0.01)
    assert causes(await upstream.calls(1)) == ["circuit_open"]

    _ = probes[0].cut(Failure(Cause.OUT_OF_TIME)) if how == "cut" else tasks[0].cancel()
    await asyncio.wait([tasks[0]])

    assert upstream.state == "half_open"
    assert causes(await upstream.calls(1)) == ["None"]
    for task in tasks[1:]:
        task.cancel()
    await asyncio.wait(tasks)
    upstream.assert_idle()


async def test_h4_probe_that_found_no_connection_gives_its_permit_back():
    upstream = Upstream()
    await upstream.half_open(Failure(Cause.BULKHEAD_FULL), Success(b"1"))

    outcomes = [await upstream.source(make_call()) for _ in range(4)]

    assert causes(outcomes) == ["bulkhead_full", "None", "None", "None"]
    assert upstream.state == "closed"


async def test_h5_probe_that_hangs_opens_at_its_attempt_timeout():
    upstream = Upstream()
    await upstream.half_open(Hang())
    started = upstream.clock()

    await upstream.calls(1)

    assert upstream.clock() - started == pytest.approx(0.5)
    assert upstream.state == "open"
