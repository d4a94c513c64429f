"""The floor: an ``asyncio.Protocol`` on uvloop that writes and reads the same bytes, and parses nothing.

``/floor/3`` makes three upstream calls at once over kept connections and then sends a ready answer. What is
left is the kernel's work and the event loop's: no gateway in Python can cost less per call than this.

``/floor/large`` asks for three answers of 14 kB and sends them on as one, ``/floor/checked`` also checks
that they are JSON. Answers come in one read each, large ones too: nginx sends head and body together.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import cast

import msgspec
import uvloop

from bench.peers.bare import BODY
from bench.upstreams import USER

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
_ANSWER = _HEAD % len(BODY) + BODY
_PIECES = (b'{"user_id":%d,"parts":{"p1":' % USER, b',"p2":', b',"p3":', b"}}")


_ADDRESSES: list[tuple[str, list[Upstream]]] = [
    (url.removeprefix("http://"), []) for url in os.environ.get("BENCH_UPSTREAMS", "").split()
]
"""The upstreams, each with its idle connections."""

Ask = tuple[list["Upstream"], str, int, bytes]
"""The idle connections to use, where to make another one, and the request."""

_check = msgspec.json.Decoder(msgspec.Raw).decode


class Upstream(asyncio.Protocol):
    """One kept connection to an upstream."""

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
        self._client.one_answered(data)


class Client(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, calls: dict[bytes, list[Ask]]) -> None:
        self._calls = calls
        self._missing = 0
        self._checked = False
        self._bodies: list[bytes] | None = None
        self._dialing: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of ``asyncio.Protocol``."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Part of ``asyncio.Protocol``."""
        name = data[11 : data.index(b" ", 11)]  # GET /floor/<name> HTTP/1.1
        calls = self._calls[name]
        self._missing = len(calls)
        self._checked = name == b"checked"
        self._bodies = None if name.isdigit() else []
        if not calls:
            self._transport.write(_ANSWER)
        for idle, host, port, request in calls:
            if idle:
                idle.pop().ask(request, self)
            else:
                task = asyncio.get_running_loop().create_task(self._dial(idle, host, port, request))
                self._dialing.add(task)
                task.add_done_callback(self._dialing.discard)

    def one_answered(self, data: bytes) -> None:
        """One of the upstream calls under way has its answer."""
        bodies = self._bodies
        if bodies is not None:
            body = data[data.index(b"\r\n\r\n") + 4 :]
            if self._checked:
                _check(body)
            bodies.append(body)
        self._missing -= 1
        if not self._missing and not self._transport.is_closing():
            self._transport.write(_ANSWER if bodies is None else _joined(bodies))

    async def _dial(self, idle: list[Upstream], host: str, port: int, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(lambda: Upstream(idle), host, port)
        made.ask(request, self)


def _joined(bodies: list[bytes]) -> bytes:
    """An answer of all three *bodies*, in the order of their ``part``."""
    first, second, third = sorted(bodies)
    pieces = _PIECES[0], first, _PIECES[1], second, _PIECES[2], third, _PIECES[3]
    return b"".join((_HEAD % sum(map(len, pieces)), *pieces))


def _asks(paths: list[str]) -> list[Ask]:
    """What is asked for *paths*, of one upstream after the other."""
    asks = []
    for number, path in enumerate(paths):
        address, pool = _ADDRESSES[number % len(_ADDRESSES)]
        host, _, port = address.partition(":")
        request = f"GET {path}?user_id={USER} HTTP/1.1\r\nhost: {address}\r\n\r\n"
        asks.append((pool, host, int(port), request.encode()))
    return asks


async def serve(port: int) -> None:
    """Serve until the process ends."""
    large = _asks([f"/large-{number}" for number in range(1, 4)])
    calls = {b"large": large, b"checked": large}
    for count in (0, 3, 10):
        calls[b"%d" % count] = _asks([f"/part/{number}" for number in range(1, count + 1)])
    server = await asyncio.get_running_loop().create_server(lambda: Client(calls), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
