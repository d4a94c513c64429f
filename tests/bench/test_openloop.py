"""The open-loop generator counts from the due time: a stall shows in all who would have come meanwhile."""

import asyncio
import sys

import pytest

from bench.delayed import Behaviour, Connection
from bench.openloop import load, percentile
from bench.ticks import Ticks

linux = pytest.mark.skipif(sys.platform != "linux", reason="the bench runs on Linux only")


async def asked(behaviour, *, rate, seconds, path="/part/1"):
    """What the generator sees of an upstream with *behaviour*."""
    loop = asyncio.get_running_loop()
    return await asked_of(lambda: Connection(behaviour, loop), path, rate, seconds)


async def asked_of(protocol, path, rate, seconds):
    accepted = []

    def accept():
        accepted.append(protocol())
        return accepted[-1]

    server = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        seen = await load(f"http://127.0.0.1:{port}{path}", rate, seconds)
        for each in accepted:
            each._transport.abort()
        await asyncio.sleep(0)
        return seen


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (0.999, 100), (1.0, 100), (0.001, 1)])
def test_percentile_is_the_smallest_value_that_so_many_do_not_exceed(share, value):
    assert percentile(list(range(1, 101)), share) == value


def test_percentile_of_nothing_is_zero():
    assert percentile([], 0.99) == 0


@linux
async def test_every_due_request_is_sent_and_answered():
    upstream = Behaviour(delay=0.0)

    seen = await asked(upstream, rate=500, seconds=0.2)

    assert (seen.requests, seen.lost, seen.refused) == (100, 0, 0)
    assert upstream.requests == 100


@linux
async def test_latency_is_at_least_the_upstreams_delay():
    seen = await asked(Behaviour(delay=0.05), rate=200, seconds=0.2)

    assert seen.p50 >= 0.05


@linux
@pytest.mark.slow
async def test_stall_shows_in_the_share_of_requests_that_were_due_meanwhile():
    # Standing still 0.2 s in every 0.4: half of all requests wait, evenly between 0 and 0.2 s.
    seen = await asked(Behaviour(delay=0.0, stall=0.2, every=0.4), rate=500, seconds=0.8)

    assert seen.lost == 0
    assert seen.highest >= 0.15
    assert seen.p99 >= 0.15  # a closed loop with one client would have seen two of hundreds


@linux
async def test_answers_without_all_parts_are_partial():
    seen = await asked(Behaviour(delay=0.0), rate=500, seconds=0.02)

    assert (seen.whole, seen.partial) == (0, 10)


@linux
async def test_nobody_there_is_a_fault_of_the_run():
    with pytest.raises(OSError, match=r"(?i)connect"):
        await load("http://127.0.0.1:1/", 10, 0.1)


@linux
async def test_connection_that_breaks_loses_its_request():
    class Breaking(asyncio.Protocol):
        def connection_made(self, transport):
            self._transport = transport

        def data_received(self, data):
            self._transport.abort()

    seen = await asked_of(Breaking, "/", 200, 0.05)

    assert (seen.requests, seen.lost) == (10, 10)


@linux
def test_ticks_come_at_their_times():
    import time

    first = time.monotonic() + 0.01
    with Ticks(first, 0.001) as ticks:
        assert ticks.take() == 0
        time.sleep(0.02)
        assert 9 <= ticks.take() <= (time.monotonic() - first) / 0.001 + 1


@pytest.mark.parametrize(
    ("now", "wait"), [(0.0, 0.01), (1.49, 0.01), (1.5, 0.5), (1.9, 0.1), (1.999, 0.01), (2.0, 0.01)]
)
def test_stalling_upstream_answers_at_the_end_of_its_stall(now, wait):
    assert Behaviour(delay=0.01, stall=0.5, every=2.0).wait(now) == pytest.approx(wait)


def test_upstream_that_does_not_stall_answers_after_its_delay():
    assert Behaviour(delay=0.0).wait(0.999999) == 0
