"""An upstream whose name gets another address: followed, whatever the name server does meanwhile."""

import asyncio
import contextlib
import socket
import sys
import threading

import pytest

from gateway.outcome import Cause
from gateway.transport.resolve import Resolver
from tests.support.servers import answer, answering, scripted
from tests.support.transports import client

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs 127.0.0.2")

OLD, NEW = "127.0.0.1", "127.0.0.2"


class Zone:
    """What a name server says: ``addresses``, or an ``error``; while it ``hangs`` it says nothing."""

    def __init__(self) -> None:
        self.addresses = [OLD]
        self.error = None
        self.asked = 0
        self._goes_on = threading.Event()
        self._goes_on.set()

    def hangs(self):
        self._goes_on.clear()

    def goes_on(self):
        self._goes_on.set()

    def __call__(self, host, port):
        self.asked += 1
        assert self._goes_on.wait(5)
        if self.error is not None:
            raise self.error
        return list(self.addresses)


@contextlib.asynccontextmanager
async def moving(**options):
    """A zone, a server at each address (which says which it is), and a client of the name."""
    zone = Zone()
    async with contextlib.AsyncExitStack() as old_server:
        old = await old_server.enter_async_context(scripted(answering(answer(b'"old"'))))
        new = scripted(answering(answer(b'"new"')), host=NEW, port=old.port)
        names = Resolver("up.example", old.port, lookup=zone, fresh_for=0.01, patience=0.02)
        url = f"http://up.example:{old.port}"
        async with new, client("h1", url, resolver=names, **options) as it:
            yield zone, it, old_server.aclose
        zone.goes_on()


async def bodies(it, count, pause=0.02):
    answers = []
    for _ in range(count):
        answers.append(getattr(await it.get(), "body", None))
        await asyncio.sleep(pause)
    return answers


async def test_new_address_is_used_once_connections_are_too_old():
    async with moving(max_age=0.05) as (zone, it, _):
        before = await bodies(it, 2)
        zone.addresses = [NEW]
        after = await bodies(it, 12)

    assert before == [b'"old"'] * 2
    assert after == sorted(after, reverse=True)  # the old one for a while, then never again
    assert after[-3:] == [b'"new"'] * 3


async def test_machine_that_is_gone_costs_one_call_until_the_new_address_is_known():
    async with moving() as (zone, it, stop_old):
        await it.get()
        zone.addresses = [NEW]
        await stop_old()
        await asyncio.sleep(0.01)
        outcomes = [await it.get() for _ in range(3)]

    assert [outcome.body for outcome in outcomes[1:]] == [b'"new"'] * 2
    assert getattr(outcomes[0], "body", None) == b'"new"' or outcomes[0].cause is Cause.UNREACHABLE


async def test_one_of_two_addresses_that_is_gone_costs_no_call():
    async with moving(max_age=0.01) as (zone, it, stop_old):
        zone.addresses = [OLD, NEW]
        await it.get()
        await stop_old()
        await asyncio.sleep(0.02)

        assert await bodies(it, 3) == [b'"new"'] * 3


@pytest.mark.parametrize("error", [socket.gaierror(-3, "try again"), socket.gaierror(-2, "unknown")])
async def test_name_server_that_fails_takes_the_last_good_address_from_nobody(error):
    async with moving(max_age=0.01) as (zone, it, _):
        await it.get()
        zone.error = error
        asked = zone.asked

        assert await bodies(it, 5) == [b'"old"'] * 5
        assert zone.asked > asked


async def test_i3_name_server_that_hangs_takes_the_last_good_address_from_nobody():
    async with moving(max_age=0.01) as (zone, it, _):
        await it.get()
        zone.hangs()
        loop = asyncio.get_running_loop()
        started = loop.time()

        assert await bodies(it, 5, pause=0.02) == [b'"old"'] * 5
        assert loop.time() - started < 1.0


async def test_i3_name_look_up_that_hangs_from_the_start_touches_no_other_upstream():
    async with moving(connect_timeout=5.0) as (zone, it, _), scripted(answering(answer(b"1"))) as other:
        zone.hangs()
        stuck = [asyncio.ensure_future(it.get()) for _ in range(4)]
        async with client("h1", other.url) as another:
            loop, times = asyncio.get_running_loop(), []
            for _ in range(50):
                started = loop.time()
                assert (await another.get()).body == b"1"
                times.append(loop.time() - started)
        still_stuck = not any(task.done() for task in stuck)
        zone.goes_on()
        await asyncio.wait(stuck)

    assert still_stuck
    assert sorted(times)[len(times) // 2] < 0.05
