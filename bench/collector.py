"""``python -m bench.collector PORT``: takes traces as a collector does, and looks at nothing."""

from __future__ import annotations

import asyncio
import sys
from typing import Final, cast

import uvloop

_END: Final = b"\r\n\r\n"
_TAKEN: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n"


class Connection(asyncio.Protocol):
    """One connection of an exporter: requests with bodies of a known length, one after the other."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of ``asyncio.Protocol``."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Part of ``asyncio.Protocol``."""
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            head, ended, rest = self._head.partition(_END)
            if not ended:
                return
            self._head = b""
            self._left = length_of(head) - len(rest)
        if not self._left:
            self._transport.write(_TAKEN)


def length_of(head: bytes) -> int:
    """The length of the body that *head* announces. Raises ``ValueError`` if it announces none."""
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    raise ValueError("a body without a length")


async def serve(port: int) -> None:
    """Serve until the process ends."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
