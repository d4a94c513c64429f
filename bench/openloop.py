"""``python -m bench.openloop URL RATE SECONDS``: an open-loop load generator, for latency claims.

Requests are due at fixed times, whatever became of those before them, and a latency counts from the moment
the request was **due**. A closed loop waits for the server instead and so leaves out what a stall does to
everybody who would have come meanwhile (coordinated omission). Prints one line of JSON (``Latencies``).
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from math import ceil
from typing import cast
from urllib.parse import urlsplit

import httptools
import msgspec
import uvloop

from bench.processes import raise_file_limit
from bench.ticks import Ticks

GRACE = 5.0
"""Seconds after the last due time until a request without an answer counts as lost."""

PREPARED = 64
"""Connections opened before the first request; more are opened whenever none is idle."""

MARK, WHOLE = b'"segment"', 3
"""An answer is whole if it holds the mark of every one of its parts."""


class Latencies(msgspec.Struct, frozen=True, kw_only=True):
    """What one run saw. Times are seconds from the due time to the last byte; ``p999`` is percentile 99.9.

    ``whole`` answers are 200 with every part, ``partial`` 200 without, ``refused`` another status, ``lost``
    had no answer at all. ``late`` is percentile 99 of how late the generator itself was: what it adds.
    """

    requests: int
    whole: int
    partial: int
    refused: int
    lost: int
    p50: float
    p99: float
    p999: float
    highest: float
    late: float


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the *ordered* values that at least *share* of them do not exceed; 0 of none."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else 0.0


class Connection(asyncio.Protocol):
    """One keep-alive connection: one request at a time; ``due`` is that one's, ``None`` while idle."""

    def __init__(self, generator: Generator) -> None:
        self.due: float | None = None
        self._generator = generator
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of ``asyncio.Protocol``."""
        self._transport = cast("asyncio.Transport", transport)
        self._generator.open.add(self)

    def close(self) -> None:
        """Hang up, whatever is under way."""
        self._transport.abort()

    def ask(self, due: float) -> None:
        """Send the request that was due at *due*."""
        self.due = due
        self._transport.write(self._generator.next_request())

    def data_received(self, data: bytes) -> None:
        """Part of ``asyncio.Protocol``."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.abort()

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        assert self.due is not None
        body, due = b"".join(self._body), self.due
        status, keep = self._parser.get_status_code(), self._parser.should_keep_alive()
        self._parser, self._body, self.due = httptools.HttpResponseParser(self), [], None
        self._generator.answered(due, status, body)
        if keep:
            self._generator.idle.append(self)
        else:
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """Part of ``asyncio.Protocol``."""
        self._generator.open.discard(self)
        if self.due is not None:
            self._generator.lose(self.due)
        elif self in self._generator.idle:
            self._generator.idle.remove(self)


class Generator:
    """Sends *request* to an address *rate* times a second for *seconds*."""

    def __init__(self, host: str, port: int, request: bytes, *, rate: float, seconds: float) -> None:
        self.request = request
        self.idle: list[Connection] = []
        self.open: set[Connection] = set()
        self._address = (host, port)
        self._rate = rate
        self._wanted = int(rate * seconds)
        self._sent = self._over = 0
        self._whole = self._partial = self._refused = 0
        self._latencies: list[float] = []
        self._late: list[float] = []
        self._dialing: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()

    async def run(self) -> Latencies:
        """Send everything; returns when all is answered or lost."""
        await self.prepare()
        await self.send(time.monotonic() + 0.01)
        return self._seen()

    async def prepare(self) -> None:
        """Open the first connections."""
        for _ in range(PREPARED):
            self.idle.append(await self._connect())

    async def send(self, start: float) -> None:
        """Send everything, the first request at *start*; returns when all is answered or lost."""
        with Ticks(start, 1 / self._rate) as ticks:
            loop = asyncio.get_running_loop()
            loop.add_reader(ticks.fileno(), self._tick, ticks, start)
            with suppress(TimeoutError):  # what is still open then is lost
                await asyncio.wait_for(self._ended.wait(), self._wanted / self._rate + GRACE)
            loop.remove_reader(ticks.fileno())
        for connection in list(self.open):
            connection.close()
        await asyncio.sleep(0)  # their sockets are closed in the loop's next turn

    def next_request(self) -> bytes:
        """What to send next."""
        return self.request

    def answered(self, due: float, status: int, body: bytes) -> None:
        """An answer to the request that was due at *due* is complete."""
        self._latencies.append(time.monotonic() - due)
        if status != 200:
            self._refused += 1
        elif body.count(MARK) < WHOLE:
            self._partial += 1
        else:
            self._whole += 1
        self.one_is_over()

    def lose(self, due: float) -> None:  # noqa: ARG002 - a generator that keeps each request's fate needs it
        """The request that was due at *due* got no answer: its connection was refused or broke."""
        self.one_is_over()

    def one_is_over(self) -> None:
        """Count a request of which nothing more is to come."""
        self._over += 1
        if self._over >= self._wanted:
            self._ended.set()

    def _tick(self, ticks: Ticks, start: float) -> None:
        """Send all that is due by now: after a pause of our own nothing is left out."""
        ticks.take()
        now = time.monotonic()
        while self._sent < self._wanted and (due := start + self._sent / self._rate) <= now:
            self._sent += 1
            self._late.append(now - due)
            if self.idle:
                self.idle.pop().ask(due)
            else:
                task = asyncio.get_running_loop().create_task(self._dial(due))
                self._dialing.add(task)
                task.add_done_callback(self._dialing.discard)

    async def _connect(self) -> Connection:
        _, made = await asyncio.get_running_loop().create_connection(lambda: Connection(self), *self._address)
        return made

    async def _dial(self, due: float) -> None:
        try:
            (await self._connect()).ask(due)
        except OSError:
            self.lose(due)

    def _seen(self) -> Latencies:
        ordered = sorted(self._latencies)
        p50, p99, p999 = (percentile(ordered, share) for share in (0.5, 0.99, 0.999))
        return Latencies(
            requests=self._wanted,
            whole=self._whole,
            partial=self._partial,
            refused=self._refused,
            lost=self._wanted - len(ordered),
            p50=p50,
            p99=p99,
            p999=p999,
            highest=ordered[-1] if ordered else 0.0,
            late=percentile(sorted(self._late), 0.99),
        )


async def load(url: str, rate: float, seconds: float) -> Latencies:
    """Ask for *url* (``http://host:port/path``) *rate* times a second, for *seconds*."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    request = f"GET {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\naccept: application/json\r\n\r\n"
    generator = Generator(parts.hostname, parts.port, request.encode(), rate=rate, seconds=seconds)
    gc.freeze()
    gc.disable()  # a pause of ours would look like one of the server's
    try:
        return await generator.run()
    finally:
        gc.enable()


if __name__ == "__main__":
    raise_file_limit()
    seen = uvloop.run(load(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
    print(msgspec.json.encode(seen).decode())
