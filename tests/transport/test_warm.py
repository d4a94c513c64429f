"""Connections that stand ready before anybody calls, over real sockets."""

import asyncio
import contextlib
import logging
from itertools import pairwise

import pytest

from gateway.outcome import Cause, Failure
from gateway.transport.warm import Warm
from tests.support.gateways import eventually
from tests.support.servers import answer, answering, refused_port, scripted, silent_address
from tests.support.transports import Client, client
from tests.support.virtual_time import run_virtually


@contextlib.asynccontextmanager
async def warmed(url, count, *, idle_for=4.0, period=1.0, within=1.0, **options):
    """A client whose transport has *count* connections in advance."""
    async with client("h1", url, idle_for=idle_for, **options) as it:
        warm = Warm(it.transport, count, "users", period)
        warm.start()
        try:
            await warm.ready(within)
            yield it
        finally:
            warm.stop()


@pytest.fixture
async def server():
    async with scripted(answering(answer())) as made:
        yield made


async def test_connections_are_there_before_the_first_call(server):
    async with warmed(server.url, 5) as it:
        assert (it.state.open, it.state.idle, it.state.created) == (5, 5, 5)
        await eventually(lambda: server.connections == 5)

        answers = await asyncio.gather(*(it.get() for _ in range(5)))

        assert [each.status for each in answers] == [200] * 5
        assert (it.state.created, it.state.reused) == (5, 5)


async def test_connections_that_will_expire_before_the_next_look_do_not_count(server):
    async with warmed(server.url, 3) as it:
        pool = it.transport._pool
        for connection in pool._idle:
            connection.idle_since -= 2.0  # of 4 s
        assert it.transport.preopen(3, 1.5, lambda failure: None) == 0

        for connection in pool._idle:
            connection.idle_since -= 1.0
        assert it.transport.preopen(3, 1.5, lambda failure: None) == 3
        await eventually(lambda: it.state.idle == 6)


async def test_connections_that_expire_are_replaced(server):
    async with warmed(server.url, 3, idle_for=0.2, period=0.05) as it:
        await eventually(lambda: server.connections >= 9)

        await eventually(lambda: it.state.idle >= 3)


async def test_connections_the_upstream_closed_are_made_again(server):
    async with warmed(server.url, 2, period=0.05) as it:
        for task in list(server.tasks):
            task.cancel()
        await eventually(lambda: it.state.lost == 2)

        await eventually(lambda: it.state.idle == 2)


async def test_connections_that_calls_have_opened_count(server):
    async with client("h1", server.url) as it:
        await asyncio.gather(*(it.get() for _ in range(4)))
        warm = Warm(it.transport, 3, "users")

        warm.start()
        await warm.ready(1.0)
        warm.stop()

        assert it.state.created == 4


async def test_never_more_connections_than_agreed(server):
    async with warmed(server.url, 100, limit=4) as it:
        assert it.state.open == 4
        assert server.connections == 4


async def test_call_that_comes_meanwhile_gets_the_first_connection_that_is_made(server):
    async with client("h1", server.url, limit=2) as it:
        warm = Warm(it.transport, 2, "users")
        warm.start()
        assert (it.state.open, it.state.idle) == (2, 0)

        assert (await it.get()).status == 200

        warm.stop()
        assert it.state.created <= 2


async def test_upstream_that_is_down_is_told_once_and_stops_nothing(caplog):
    caplog.set_level(logging.INFO, "gateway.transport.warm")
    url = f"http://127.0.0.1:{refused_port()}"

    async with warmed(url, 3, period=0.01) as it:
        await asyncio.sleep(0.2)
        assert it.state.open == 0

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith("no connection to users in advance: ")


async def test_upstream_that_comes_up_later_is_found(caplog):
    caplog.set_level(logging.INFO, "gateway.transport.warm")
    port = refused_port()

    warming = warmed(f"http://127.0.0.1:{port}", 3, period=0.01)
    async with warming as it, scripted(answering(answer()), port=port):
        await eventually(lambda: it.state.idle == 3)
        await it.transport.close()

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_upstream_that_is_down_is_asked_more_and_more_rarely():
    asked = []

    class Down:
        """Refuses at once; the pauses between its attempts are what is looked at."""

        def preopen(self, count, lasting, told):
            asked.append((asyncio.get_running_loop().time(), count, lasting))
            asyncio.get_running_loop().call_soon(told, Failure(Cause.UNREACHABLE, "refused"))
            return 1

    async def down():
        warm = Warm(Down(), 10, "users")
        warm.start()
        await asyncio.sleep(60)
        warm.stop()

    run_virtually(down)

    times, counts, lasting = zip(*asked, strict=True)
    assert [round(b - a) for a, b in pairwise(times)] == [1, 2, 4, 8, 16, 16]
    assert counts == (10, 1, 1, 1, 1, 1, 1)
    assert set(lasting) == {1.5}


async def test_upstream_that_swallows_connections_delays_readiness_no_longer_than_said():
    port = refused_port()
    with silent_address(port) as host:
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with client("h1", f"http://{host}:{port}", connect_timeout=5.0) as it:
            warm = Warm(it.transport, 2, "users")
            warm.start()
            await warm.ready(0.05)
            spent = loop.time() - started
            warm.stop()
            await it.transport.close()

    assert spent < 1.0


async def test_transport_that_closes_while_connections_are_made_is_left_with_none(server):
    async with client("h1", server.url) as it:
        warm = Warm(it.transport, 5, "users")
        warm.start()
        warm.stop()

        await it.transport.close()

        assert it.state.open == 0
        assert it.transport.preopen(5, 1.0, lambda failure: None) == 0


async def test_stopped_one_can_be_started_again(server):
    async with client("h1", server.url) as it:
        warm = Warm(it.transport, 2, "users")
        warm.start()
        await warm.ready(1.0)
        warm.stop()
        warm.stop()
        await it.transport.close()
        await it.transport.open()

        warm.start()
        await warm.ready(1.0)

        assert it.state.idle == 2
        warm.stop()


async def test_nothing_is_opened_for_a_transport_that_is_not_open(server):
    it = Client("h1", server.url)
    warm = Warm(it.transport, 2, "users")

    warm.start()
    await warm.ready(1.0)
    warm.stop()

    assert server.connections == 0
