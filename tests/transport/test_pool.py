"""The slots' book-keeping; what it means on the wire stands in tests/contract."""

import asyncio

import pytest

from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Request
from tests.support.servers import Peer, answer, answering, scripted
from tests.support.transports import a_call, client


@pytest.fixture
async def server():
    async with scripted(answering(answer())) as made:
        yield made


async def test_connection_used_last_is_used_first(server):
    async with client("h1", server.url) as it:
        await asyncio.gather(*(it.get() for _ in range(3)))
        assert it.state.idle == 3
        pool = it.transport._pool
        first, second = pool.take(), pool.take()
        pool.give(first)
        pool.give(second)
        assert pool.take() is second
        pool.give(second)


async def test_state_tells_idle_from_used(server):
    async with client("h1", server.url, limit=2) as it:
        assert (it.state.limit, it.state.open) == (2, 0)
        await asyncio.gather(*(it.get() for _ in range(5)))
        state = it.state
        assert (state.open, state.idle, state.in_use, state.waiting) == (2, 2, 0, 0)
        assert (state.created, state.reused, state.lost) == (2, 3, 0)


async def test_idle_connections_are_closed_when_they_expire(server):
    async with client("h1", server.url, idle_for=0.05) as it:
        await asyncio.gather(*(it.get() for _ in range(3)))
        await asyncio.sleep(0.1)
        assert (it.state.open, it.state.lost) == (0, 0)
        async with asyncio.timeout(1):
            while server.open:
                await asyncio.sleep(0.001)


async def test_connection_that_is_too_old_is_not_used_again(server):
    async with client("h1", server.url, max_age=0.03) as it:
        await it.get()
        await it.get()
        assert server.connections == 1
        await asyncio.sleep(0.04)
        await it.get()
        await it.get()
        assert server.connections == 2


async def test_connections_the_upstream_closed_are_counted():
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer())

    async with scripted(script) as server, client("h1", server.url) as it:
        await it.get()
        await asyncio.sleep(0.02)
        assert (it.state.open, it.state.lost) == (0, 1)


async def test_failed_connect_gives_its_slot_to_the_next_in_line():
    async with scripted(answering(answer())) as server, client("h1", server.url, limit=1) as it:
        pool = it.transport._pool
        fail = asyncio.Event()
        dial = pool._dialer.dial

        class Failing:
            async def dial(self, make):
                await fail.wait()
                pool._dialer = Working()
                return Failure(Cause.UNREACHABLE, "no")

        class Working:
            async def dial(self, make):
                return await dial(make)

        pool._dialer = Failing()
        tasks = [asyncio.create_task(it.get()) for _ in range(2)]
        await asyncio.sleep(0.01)
        assert (it.state.in_use, it.state.waiting) == (1, 1)
        fail.set()
        assert (await tasks[0]).cause is Cause.UNREACHABLE
        assert (await tasks[1]).status == 200


@pytest.mark.parametrize("native", [False, True], ids=["cut", "cancelled"])
async def test_call_that_ends_while_connecting_frees_its_slot(native):
    async with scripted(answering(answer())) as server, client("h1", server.url, limit=1) as it:
        cancelled = asyncio.Event()

        class Hanging:
            async def dial(self, make):
                try:
                    await asyncio.Event().wait()
                finally:
                    cancelled.set()

        it.transport._pool._dialer = Hanging()
        call = a_call()
        task = asyncio.create_task(it.get() if native else it.exchange(Request("GET", b"/"), call=call))
        await asyncio.sleep(0.01)
        if native:
            task.cancel()
            await asyncio.wait([task])
        else:
            call.expire()
            assert (await task).cause is Cause.UNREACHABLE
        await it.at_rest()
        assert cancelled.is_set()
        assert it.state.open == 0


async def test_bug_while_connecting_is_the_calls_and_frees_its_slot():
    async with client("h1", "http://127.0.0.1:9", limit=1) as it:

        class Broken:
            async def dial(self, make):
                raise ZeroDivisionError

        it.transport._pool._dialer = Broken()
        with pytest.raises(ZeroDivisionError):
            await it.get()
        assert it.state.open == 0


async def test_connection_made_for_a_call_that_left_serves_another():
    async with scripted(answering(answer())) as server, client("h1", server.url, limit=1) as it:
        task = asyncio.create_task(it.get())
        pool = it.transport._pool
        # The connect is complete, and its task about to say so, when the caller is cancelled.
        while not pool._all:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await it.at_rest()
        assert (await it.get()).status == 200
