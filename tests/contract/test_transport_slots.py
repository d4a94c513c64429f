"""That every transport keeps count of its slots, whatever ends a call, over real sockets."""

import asyncio

import pytest

from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Request
from tests.support.servers import Peer, answer, answering, scripted
from tests.support.transports import KINDS, a_call, client

pytestmark = pytest.mark.parametrize("kind", KINDS)


# slots


async def hanging(peer: Peer) -> None:
    await peer.request()
    await peer.eof()


async def slowly(peer: Peer) -> None:
    while True:
        await peer.request()
        await asyncio.sleep(0.01)
        await peer.send(answer())


async def test_no_more_connections_than_slots(kind):
    async with scripted(slowly) as server, client(kind, server.url, limit=3) as it:
        got = await asyncio.gather(*(it.get() for _ in range(30)))
        assert all(response.status == 200 for response in got)
    assert server.peak == 3


async def test_waiting_calls_are_served_in_order(kind):
    async with scripted(slowly) as server, client(kind, server.url, limit=1) as it:
        done = []

        async def one(number):
            await it.get()
            done.append(number)

        await asyncio.gather(*(one(number) for number in range(10)))
        assert done == list(range(10))


async def test_call_that_finds_no_slot_in_time_is_refused(kind):
    async with scripted(hanging) as server, client(kind, server.url, limit=1, max_wait=0.02) as it:
        first = asyncio.create_task(it.get())
        await asyncio.sleep(0.05)
        call = a_call()
        got = await it.transport.exchange(Request("GET", b"/"), b"", call)
        assert got.cause is Cause.BULKHEAD_FULL
        assert not call.sent
        first.cancel()
        await asyncio.wait([first])


async def test_ended_call_is_not_begun(kind):
    async with scripted(answering(answer())) as server, client(kind, server.url) as it:
        call = a_call()
        call.cut(Failure(Cause.OUT_OF_TIME))
        got = await it.transport.exchange(Request("GET", b"/"), b"", call)
        assert got is call.ended
    assert server.connections == 0


async def test_full_buffer_refuses_calls_and_cuts_answers(kind):
    async with scripted(answering(answer(b"x" * 1000))) as server, client(kind, server.url) as it:
        it.buffered.limit = 500
        assert (await it.get()).cause is Cause.BULKHEAD_FULL
        assert len(server.requests) == 1
        it.buffered.take(500)
        assert (await it.get()).cause is Cause.BULKHEAD_FULL
        assert len(server.requests) == 1
        it.buffered.give(500)


async def test_body_bytes_are_counted_in_the_call(kind):
    async with scripted(answering(answer(b"x" * 1000))) as server, client(kind, server.url) as it:
        call = a_call()
        await it.transport.exchange(Request("GET", b"/"), b"", call)
        assert (call.held, it.buffered.used) == (1000, 1000)
        it.buffered.give(1000)


# being cut


@pytest.mark.parametrize("native", [False, True], ids=["cut", "cancelled"])
@pytest.mark.parametrize("where", ["answer", "body", "line"])
async def test_ended_call_gives_its_slot_back_at_once(kind, where, native):
    async def script(peer: Peer) -> None:
        await peer.request()
        if where == "body":
            await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{")
        await peer.eof()
        closed.set()

    closed = asyncio.Event()
    async with scripted(script) as server, client(kind, server.url, limit=1) as it:
        calls = [a_call(), a_call()]
        tasks = [asyncio.create_task(it.exchange(Request("GET", b"/"), call=call)) for call in calls]
        await asyncio.sleep(0.05)
        order = [1, 0] if where == "line" else [0, 1]
        for which in order:
            if native:
                tasks[which].cancel()
            else:
                calls[which].cut(Failure(Cause.OUT_OF_TIME))
            await asyncio.wait([tasks[which]])
            assert tasks[which].cancelled() if native else tasks[which].result() is calls[which].ended
        async with asyncio.timeout(1):
            await closed.wait()
        await it.at_rest()
    assert server.open == 0


@pytest.mark.parametrize("native", [False, True], ids=["cut", "cancelled"])
async def test_storm_of_ended_calls_leaves_every_slot_free(kind, native, seeded):
    await storm(kind, native, seeded, 1000)


@pytest.mark.slow
@pytest.mark.parametrize("native", [False, True], ids=["cut", "cancelled"])
async def test_c6_storm_of_ten_thousand_leaves_every_slot_free(kind, native, seeded):
    await storm(kind, native, seeded, 10_000)


@pytest.mark.slow
@pytest.mark.parametrize("native", [False, True], ids=["cut", "cancelled"])
async def test_c7_storm_against_an_upstream_that_hangs_leaves_every_slot_free(kind, native, seeded):
    await storm(kind, native, seeded, 1000, hanging_unless_asked_well)


async def hanging_unless_asked_well(peer: Peer) -> None:
    """Nobody gets an answer but who asks for ``/well``."""
    while b" /well " not in await peer.request():
        pass
    await peer.send(answer())


async def storm(kind, native, seeded, count, script=slowly):
    """End calls after 0.1 to 20 ms each, against an upstream that takes 10 ms, 20 callers on 10 slots."""

    async def one():
        call = a_call()
        task = asyncio.create_task(it.exchange(Request("GET", b"/"), call=call))
        await asyncio.sleep(seeded.uniform(0.0001, 0.02))
        if native:
            task.cancel()
        else:
            call.cut(Failure(Cause.OUT_OF_TIME))
        await asyncio.wait([task])
        assert it.state.open <= 10

    async def caller():
        for _ in range(count // 20):
            await one()

    async with scripted(script, backlog=1000) as server, client(kind, server.url, limit=10) as it:
        await asyncio.gather(*(caller() for _ in range(20)))
        await it.at_rest()
        assert (await it.get(b"/well")).status == 200


# the end


async def test_close_ends_what_is_under_way(kind):
    async with scripted(hanging) as server, client(kind, server.url, limit=1) as it:
        tasks = [asyncio.create_task(it.get()) for _ in range(2)]
        await asyncio.sleep(0.03)
        await it.transport.close()
        assert (await tasks[0]).cause is Cause.INCOMPLETE
        assert (await tasks[1]).cause is Cause.UNREACHABLE
        assert (await it.get()).cause is Cause.UNREACHABLE
        assert it.state.open == 0
