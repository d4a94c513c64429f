"""Gate, bulkhead, permit and attempt timeout together."""

import asyncio
import gc
import tracemalloc

import pytest

from gateway.call import stack
from gateway.layers.breaker import Breaker, breaking, refusing_while_open
from gateway.layers.circuit_rules import CircuitRules
from gateway.outcome import Cause, Failure, Success
from tests.support.calls import make_call
from tests.support.circuits import RC
from tests.support.sources import After, Hang
from tests.support.upstreams import Upstream, causes


async def test_l5_queued_calls_do_not_reach_an_upstream_that_opened_meanwhile():
    upstream = Upstream(
        After(0.05, Failure(Cause.FAILED)),
        slots=5,
        waiting=60,
        max_wait=1.0,
        rules=CircuitRules(minimum_throughput=5, consecutive=None, jitter=0.0),
    )
    started = upstream.clock()

    outcomes = await upstream.calls(65)

    assert len(upstream.wire.calls) == 5
    assert causes(outcomes) == ["failed"] * 5 + ["circuit_open"] * 60
    assert upstream.clock() - started == pytest.approx(0.05)
    upstream.assert_idle()


async def test_open_circuit_answers_at_once_although_every_slot_is_held():
    upstream = Upstream(Hang(), slots=1, waiting=5, max_wait=5.0)
    (holder,) = upstream.start()
    await asyncio.sleep(0.001)
    permit = upstream.breaker.circuit
    for _ in range(20):
        permit.failed(permit.generation, upstream.clock(), 0.05)
    started = upstream.clock()

    outcome = await upstream.source(make_call())

    assert (outcome.cause, upstream.clock()) == (Cause.CIRCUIT_OPEN, started)
    holder.cancel()
    await asyncio.wait([holder])
    upstream.assert_idle()


async def test_t5_timeout_counts_against_the_upstream_once_per_attempt():
    upstream = Upstream(Hang())

    outcomes = await upstream.calls(19)

    assert causes(outcomes) == ["timeout"] * 19
    assert (upstream.state, upstream.counts) == ("closed", (19, 19))
    await upstream.calls(1)
    assert upstream.state == "open"


async def test_b4_twenty_refused_connections_open():
    upstream = Upstream(Hang(sent=False))

    await upstream.calls(20)

    assert (upstream.state, upstream.breaker.last_failure[:11]) == ("open", "unreachable")


async def test_request_that_ran_out_of_time_says_nothing_about_the_upstream():
    upstream = Upstream(Hang())
    call = make_call()
    upstream.loop.call_later(0.2, call.cut, Failure(Cause.OUT_OF_TIME))

    outcome = await upstream.source(call)

    assert (outcome.cause, upstream.counts) == (Cause.OUT_OF_TIME, (0, 0))
    upstream.assert_idle()


async def test_upstream_slower_than_every_deadline_opens_all_the_same():
    upstream = Upstream(Hang())

    for _ in range(20):
        call = make_call()
        upstream.loop.call_later(0.45, call.cut, Failure(Cause.OUT_OF_TIME))
        await upstream.source(call)

    assert upstream.state == "open"


async def test_time_in_the_queue_is_no_evidence_against_the_upstream():
    upstream = Upstream(Hang(), slots=1, waiting=1, max_wait=5.0)
    upstream.start()
    await asyncio.sleep(0)
    queued = make_call()
    upstream.loop.call_later(0.45, queued.cut, Failure(Cause.OUT_OF_TIME))

    await upstream.source(queued)

    assert upstream.counts == (0, 0)


async def test_s3_time_in_the_queue_is_not_slowness():
    upstream = Upstream(After(0.09), After(0.35), slots=1)

    outcomes = await upstream.calls(2)

    assert causes(outcomes) == ["None", "None"]
    assert upstream.breaker.snapshot().slow == 0


async def test_refusal_of_the_bulkhead_says_nothing_about_the_upstream():
    upstream = Upstream(After(0.3), slots=1, waiting=0)

    outcomes = await upstream.calls(100)

    assert causes(outcomes).count("bulkhead_full") == 99
    assert upstream.counts == (1, 0)


async def test_b12_late_answer_does_not_close_an_open_circuit():
    upstream = Upstream(After(0.3))
    (late,) = upstream.start()
    await asyncio.sleep(0.1)
    await upstream.open()
    before = upstream.breaker.circuit.generation

    assert (await late).body == b"{}"

    assert (upstream.state, upstream.breaker.circuit.generation) == ("open", before)


async def test_c1_a_hundred_clients_that_leave_hold_nothing_and_say_nothing():
    upstream = Upstream(Hang(), slots=20, waiting=80, max_wait=1.0)
    calls = [make_call() for _ in range(100)]
    tasks = [asyncio.ensure_future(upstream.source(call)) for call in calls]
    await asyncio.sleep(0.05)

    for call in calls:
        call.cut(Failure(Cause.OUT_OF_TIME, "the client left"))
    outcomes = await asyncio.gather(*tasks)

    assert (set(causes(outcomes)), upstream.counts) == ({"out_of_time"}, (0, 0))
    assert len(upstream.wire.calls) == 20
    upstream.assert_idle()


async def test_l2_nothing_that_happens_to_calls_loses_a_slot():
    script = [Hang(), After(0.01), Failure(Cause.FAILED), RuntimeError("bug"), After(0.03)]
    upstream = Upstream(*script * 10, slots=3, waiting=10)
    upstream.breaker.circuit.force(upstream.breaker.circuit.state.DISABLED, 0.0)
    for turn in range(200):
        calls = [make_call() for _ in range(12)]
        tasks = [asyncio.ensure_future(upstream.source(call)) for call in calls]
        await asyncio.sleep(0.004 * (turn % 7))
        tasks[turn % 12].cancel()
        calls[(turn * 5) % 12].cut(Failure(Cause.OUT_OF_TIME))
        await asyncio.gather(*tasks, return_exceptions=True)

    assert upstream.wire.peak <= 3
    upstream.assert_idle()


async def test_m2_refusals_leave_memory_as_it_was():
    upstream = Upstream()
    await upstream.open()
    upstream.breaker.circuit.force(upstream.breaker.circuit.state.FORCED_OPEN, upstream.clock())
    call = make_call()
    for _ in range(1_000):
        await upstream.source(call)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(20_000):
            await upstream.source(call)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert after - before < 4_096
    assert not upstream.wire.calls


async def test_o1_one_outage_is_three_events_in_order():
    upstream = Upstream()
    told = []
    clock = upstream.clock
    breaker = Breaker(name="users", rules=RC, clock=clock, random=lambda: 0.5, listener=told.append)
    source = stack(upstream.wire, [refusing_while_open(breaker, clock), breaking(breaker, clock)])

    upstream.wire.will(Failure(Cause.FAILED))
    for _ in range(50):
        await source(make_call())
    await asyncio.sleep(5.01)
    upstream.wire.will(Success(b"1"))
    for _ in range(50):
        await source(make_call())

    assert [(str(t.new), t.reason) for t in told] == [
        ("open", "failure_rate"),
        ("half_open", "open_time_over"),
        ("closed", "probes_succeeded"),
    ]
