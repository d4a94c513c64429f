"""Attempt timeouts by the thousand leave nothing behind: no file, no task, no slot, no memory.

``M1_TIMEOUTS=100000`` asks for the whole of scenario M1 (some two minutes; in CI 3,000 have to do).
"""

import asyncio
import gc
import os
import resource
import sys
from pathlib import Path

import pytest

from gateway.buffered import Buffered
from gateway.call import stack
from gateway.layers.timeout import timing_out
from gateway.outcome import Cause
from gateway.sources.http import http_source
from gateway.timers import Timers
from gateway.transport.exchange import Request
from gateway.transport.h1 import H1Transport
from gateway.transport.httpx import HttpxTransport
from gateway.transport.origin import Origin
from tests.support.servers import Peer, answer, open_files, scripted
from tests.support.transports import a_call

COUNT = int(os.environ.get("M1_TIMEOUTS", "3000"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc"),
    pytest.mark.timeout(max(120, COUNT // 200)),
]


def memory():
    """Bytes of this process that are in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def hanging_unless_asked_well(peer: Peer) -> None:
    """Nobody gets an answer but who asks for ``/well``."""
    while b" /well " not in await peer.request():
        peer.server.requests.clear()
    await peer.send(answer())


async def timeouts(source, count):
    """So many attempts that end at their timeout, 20 at a time; their causes."""
    causes = set()

    async def caller():
        for _ in range(count // 20):
            outcome = await source(a_call(Request("GET", b"/"), timeout=0.005))
            causes.add(outcome.cause)

    await asyncio.gather(*(caller() for _ in range(20)))
    return causes


@pytest.mark.parametrize("kind", [H1Transport, HttpxTransport], ids=["h1", "httpx"])
async def test_m1_timeouts_leave_nothing_behind(kind):
    loop = asyncio.get_running_loop()
    timers, buffered = Timers(loop), Buffered(2**20)
    async with scripted(hanging_unless_asked_well, backlog=1000) as server:
        transport = kind(
            Origin.of(server.url),
            limit=20,
            max_wait=1.0,
            connect_timeout=1.0,
            max_response=2**20,
            buffered=buffered,
            timers=timers,
        )
        await transport.open()
        wire = http_source(transport, buffered, propagate=True, clock=loop.time)
        source = stack(wire, [timing_out(timers)])
        await timeouts(source, 500)
        await asyncio.sleep(0.1)
        files, tasks, before = open_files(), len(asyncio.all_tasks()), memory()

        causes = await timeouts(source, COUNT)

        for _ in range(200):
            if transport.state().in_use == 0 and server.open == 0:
                break
            await asyncio.sleep(0.01)
        grown = memory() - before
        print(f"{COUNT} timeouts: {grown / 2**20:.1f} MiB more, {server.connections} connections made")
        assert causes <= {Cause.TIMEOUT, Cause.UNREACHABLE}
        assert transport.state().in_use == transport.state().waiting == buffered.used == 0
        assert open_files() <= files + 5
        assert len(asyncio.all_tasks()) <= tasks + 2
        assert grown < 20 * 2**20
        began = loop.time()
        assert (await source(a_call(Request("GET", b"/well")))).body == b"{}"
        assert loop.time() - began < 0.35  # 100 ms, and what CI may be late
        await transport.close()
    timers.close()
