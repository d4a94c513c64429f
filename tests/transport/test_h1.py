"""What is h1's own; what it shares with the other transport stands in tests/contract."""

import asyncio
import gc
import sys

import pytest
import uvloop

from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Request, Response
from gateway.transport.resolve import Resolver
from tests.support.servers import Peer, answer, answering, scripted
from tests.support.transports import a_call, client
from tests.transport.test_reader import mutated


async def test_transport_that_was_never_opened_opens_itself():
    async with scripted(answering(answer())) as server, client("h1", server.url) as it:
        it.transport._pool = None
        assert (await it.get()).status == 200


async def test_state_before_the_first_use_is_empty():
    async with client("h1", "http://127.0.0.1:9") as it:
        it.transport._pool = None
        assert it.state.open == 0
        assert repr(it.transport) == "<H1Transport http://127.0.0.1:9: 0 in use, 0 idle of 8>"
        await it.transport.close()


async def test_any_call_may_go_out_again_while_nothing_was_sent():
    async with scripted(answering(answer())) as server, client("h1", server.url) as it:
        await it.get()
        [idle] = it.transport._pool._idle
        idle.closed = True  # the loop has seen the end, the pool has not been told yet
        assert (await it.exchange(Request("POST", b"/"), repeatable=False)).status == 200
        assert len(server.requests) == 2


async def test_finished_exchanges_leave_nothing_to_the_collector():
    async with scripted(answering(answer())) as server, client("h1", server.url) as it:
        await it.get()
        gc.collect()
        gc.disable()
        try:
            for _ in range(100):
                await it.transport.exchange(Request("GET", b"/"), b"", a_call())
            it.buffered.give(200)
            assert gc.collect() == 0
        finally:
            gc.enable()


async def test_exchange_makes_no_task_and_no_timer():
    async with scripted(answering(answer())) as server, client("h1", server.url) as it:
        await it.get()
        loop = asyncio.get_running_loop()
        tasks, timers = asyncio.all_tasks(), len(loop._scheduled)
        exchange = asyncio.create_task(it.get())
        await asyncio.sleep(0)
        assert asyncio.all_tasks() - tasks == {exchange}
        assert len(loop._scheduled) == timers
        await exchange


@pytest.mark.skipif(sys.platform != "linux", reason="needs 127.0.0.2")
async def test_upstream_that_moves_is_followed_when_connections_have_aged():
    addresses = ["127.0.0.1"]
    async with (
        scripted(answering(answer(b"1"))) as old,
        scripted(answering(answer(b"2")), host="127.0.0.2", port=old.port),
    ):
        names = Resolver("up.example", old.port, lookup=lambda *_: list(addresses), fresh_for=0.01)
        url = f"http://up.example:{old.port}"
        async with client("h1", url, resolver=names, max_age=0.05) as it:
            assert (await it.get()).body == b"1"
            addresses[:] = ["127.0.0.2"]
            assert (await it.get()).body == b"1"
            await asyncio.sleep(0.06)
            await it.get()  # the last one over the old connection
            assert (await it.get()).body == b"2"


async def test_unusual_method_is_sent_as_it_is():
    async with scripted(answering(answer())) as server, client("h1", server.url) as it:
        await it.exchange(Request("PURGE", b"/x"))
        assert server.requests[0].startswith(b"PURGE /x HTTP/1.1\r\n")


@pytest.mark.slow
def test_damaged_answers_end_in_an_outcome_and_cost_no_slot(seeded):
    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            data = mutated(seeded)
            cut = seeded.randrange(len(data) + 1)
            for piece in (data[:cut], data[cut:]) if cut % 3 else (data,):
                await peer.send(piece)
            if cut % 2:
                return

    async def attempts(it, count):
        for _ in range(count):
            call = a_call(repeatable=False)
            timer = it.timers.of(0.02)
            timer.start(call)
            result = await it.exchange(Request("GET", b"/"), call=call)
            timer.stop(call)
            assert isinstance(result, Response) or result.cause in allowed, result

    # Unreachable where a busy machine takes more than the 20 ms to connect.
    allowed = {Cause.UNREADABLE, Cause.INCOMPLETE, Cause.TOO_LARGE, Cause.TIMEOUT, Cause.UNREACHABLE}

    async def fuzz():
        async with scripted(script) as server, client("h1", server.url, limit=10, max_response=500) as it:
            await asyncio.gather(*(attempts(it, 250) for _ in range(10)))
            assert not server.faults

    uvloop.run(fuzz())


def test_ended_calls_leave_every_slot_free_on_uvloop(seeded):
    async def slowly(peer: Peer) -> None:
        while True:
            await peer.request()
            await asyncio.sleep(0.003)
            await peer.send(answer())

    async def caller(it):
        for _ in range(100):
            call = a_call()
            task = asyncio.create_task(it.exchange(Request("GET", b"/"), call=call))
            await asyncio.sleep(seeded.uniform(0, 0.006))
            if seeded.random() < 0.5:
                task.cancel()
            else:
                call.cut(Failure(Cause.OUT_OF_TIME))
            await asyncio.wait([task])

    async def run():
        async with scripted(slowly, backlog=500) as server, client("h1", server.url, limit=10) as it:
            await asyncio.gather(*(caller(it) for _ in range(20)))
            await it.at_rest()
            assert (await it.get()).status == 200

    uvloop.run(run())
