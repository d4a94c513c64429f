"""``python -m bench.delayed PORT,… DELAY [STALL EVERY]``: an upstream whose answers take a known time.

Every answer leaves DELAY seconds after its request. With STALL and EVERY it also stands still for the last
STALL seconds of every EVERY, like a process in a long pause, and then answers all that came meanwhile; a
DELAY of ``inf`` never answers. ``/count`` tells what it has seen, at once, whatever the delay.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from dataclasses import dataclass, field
from typing import cast

import msgspec
import uvloop

from bench.processes import raise_file_limit
from bench.upstreams import PARTS, Seen, encoded, small

_END = b"\r\n\r\n"


def complete(body: bytes) -> bytes:
    """A whole answer of *body*."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    return head + body


@dataclass
class Behaviour:
    """When to answer, and what was asked so far."""

    delay: float
    stall: float = 0.0
    every: float = 1.0
    requests: int = field(default=0, init=False)
    pending: int = field(default=0, init=False)
    most: int = field(default=0, init=False)
    answers: dict[bytes, bytes] = field(
        init=False,
        default_factory=lambda: {
            b"/part/%d" % part: complete(encoded(small(part))) for part in range(1, PARTS + 1)
        },
    )

    def wait(self, now: float) -> float:
        """Seconds from *now* until a request that came now is answered."""
        phase = now % self.every
        standing = self.every - phase if phase >= self.every - self.stall else 0.0
        return max(self.delay, standing)

    def seen(self) -> bytes:
        """The page ``/count``."""
        return complete(msgspec.json.encode(Seen(self.requests, self.most)))


class Connection(asyncio.Protocol):
    """One connection to a server under test: requests without bodies, answered in order."""

    def __init__(self, behaviour: Behaviour, loop: asyncio.AbstractEventLoop) -> None:
        self._behaviour = behaviour
        self._loop = loop
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of ``asyncio.Protocol``."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Part of ``asyncio.Protocol``."""
        *heads, self._rest = (self._rest + data).split(_END)
        for head in heads:
            path = head[4 : head.index(b" ", 4)].partition(b"?")[0]
            if path == b"/count":
                self._transport.write(self._behaviour.seen())
            else:
                self._take(self._behaviour.answers[path])

    def _take(self, answer: bytes) -> None:
        behaviour = self._behaviour
        behaviour.requests += 1
        behaviour.pending += 1
        behaviour.most = max(behaviour.most, behaviour.pending)
        wait = behaviour.wait(time.monotonic())
        if not wait:
            self._send(answer)
        elif wait != float("inf"):
            self._loop.call_later(wait, self._send, answer)

    def _send(self, answer: bytes) -> None:
        self._behaviour.pending -= 1
        if not self._transport.is_closing():
            self._transport.write(answer)


async def serve(ports: list[int], behaviour: Behaviour) -> None:
    """Serve until the process ends."""
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(lambda: Connection(behaviour, loop), "127.0.0.1", port, backlog=4096)
        for port in ports
    ]
    gc.disable()  # its pauses would be measured as the server's
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    raise_file_limit()
    uvloop.run(serve([int(port) for port in sys.argv[1].split(",")], Behaviour(*map(float, sys.argv[2:]))))
