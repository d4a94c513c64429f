"""An HTTP client that hides nothing: raw bytes over an asyncio stream, for asserting what is on the wire."""

import asyncio
import contextlib
import json


class Answer:
    """A whole answer as it came: status, headers (lower case, a later one wins), body bytes, JSON."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class RawClient:
    """One connection. Use as ``async with RawClient(port) as client``."""

    def __init__(self, port):
        self._port = port

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        return self

    async def __aexit__(self, *_):
        self.writer.close()
        # the server may have reset it first, which is what some tests are about
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    def send(self, method, target, body=None, headers=()):
        """Write one request."""
        lines = [f"{method} {target} HTTP/1.1", "host: test", *(f"{k}: {v}" for k, v in headers)]
        data = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            lines += ["content-type: application/json", f"content-length: {len(data)}"]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + data)

    async def head(self):
        """Read status and headers."""
        block = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = block.strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return int(status.split()[1]), headers

    async def answer(self):
        """Read one whole answer framed by content-length or chunks."""
        status, headers = await self.head()
        if headers.get("transfer-encoding") == "chunked":
            return Answer(status, headers, await self._chunks())
        return Answer(status, headers, await self.reader.readexactly(int(headers.get("content-length", 0))))

    async def _chunks(self):
        body = bytearray()
        while size := int(await self.reader.readline(), 16):
            body += await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()
        return bytes(body)


async def ask(port, method, target, body=None, headers=()):
    """One request on a connection of its own."""
    async with RawClient(port) as client:
        client.send(method, target, body, headers)
        return await client.answer()
