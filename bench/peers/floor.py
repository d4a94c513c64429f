"""The floor: an ``asyncio.Protocol`` on uvloop that writes and reads the same bytes, and parses nothing.

``/floor/3`` makes three upstream calls at once over kept connections and then sends a ready answer. What is
left is the kernel's work and the event loop's: no gateway in Python can cost less per call than this.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import cast

import uvloop

from bench.peers.bare import BODY
from bench.upstreams import USER

_ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY
)


class Upstream(asyncio.Protocol):
    """One kept connection to an upstream. Answers are smaller than a segment, so each comes in one read."""

    def __init__(self, idle: list[Upstream]) -> None:
        self._idle = idle
        self._client: Client | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of ``asyncio.Protocol``."""
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, request: bytes, client: Client) -> None:
        """Send *request*; *client* is told when the answer is there."""
        assert self._transport is not None
        self._client = client
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Part of ``asyncio.Protocol``."""
        assert data[-1] == ord("}")
        assert self._client is not None
        self._idle.append(self)
        self._client.one_answered()


class Client(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, calls: list[tuple[list[Upstream], str, int, bytes]]) -> None:
        self._calls = calls
        self._missing = 0
        self._dialing: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of ``asyncio.Protocol``."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Part of ``asyncio.Protocol``."""
        count = int(data[11 : data.index(b" ", 11)])  # GET /floor/<count> HTTP/1.1
        self._missing = count
        if not count:
            self._transport.write(_ANSWER)
        for idle, host, port, request in self._calls[:count]:
            if idle:
                idle.pop().ask(request, self)
            else:
                task = asyncio.get_running_loop().create_task(self._dial(idle, host, port, request))
                self._dialing.add(task)
                task.add_done_callback(self._dialing.discard)

    def one_answered(self) -> None:
        """One of the upstream calls under way has its answer."""
        self._missing -= 1
        if not self._missing and not self._transport.is_closing():
            self._transport.write(_ANSWER)

    async def _dial(self, idle: list[Upstream], host: str, port: int, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(lambda: Upstream(idle), host, port)
        made.ask(request, self)


async def serve(port: int) -> None:
    """Serve until the process ends."""
    addresses = [url.removeprefix("http://") for url in os.environ["BENCH_UPSTREAMS"].split()]
    pools: list[list[Upstream]] = [[] for _ in addresses]
    calls = []
    for number in range(30):
        which = number % len(addresses)
        host, _, upstream_port = addresses[which].partition(":")
        line = f"GET /part/{number + 1}?user_id={USER} HTTP/1.1\r\nhost: {addresses[which]}\r\n\r\n"
        calls.append((pools[which], host, int(upstream_port), line.encode()))
    server = await asyncio.get_running_loop().create_server(lambda: Client(calls), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
