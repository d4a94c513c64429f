"""``python -m bench.faults.load``: the open-loop generator, keeping what became of each request.

Takes its order as JSON (``Order``) from the command line. Prints a line when it is ready, with the time at
which the first request will be due, and one in the end (``seen.Record``). Asks for the profiles of many users
in turn; clients can be made to hang up, all at once.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Sequence
from itertools import cycle

import msgspec
import uvloop

from bench.faults.seen import Kind, Record, kind_of
from bench.openloop import Generator, percentile
from bench.processes import raise_file_limit

LEAD = 0.5
"""Seconds from being ready to the first request: whoever ordered it has things to do at exact times."""

USERS = 100
"""Every one of them has orders and recommendations (``services.mock.people.ALWAYS_FULL``)."""


class Order(msgspec.Struct, frozen=True):
    """What to send: *rate* requests per second for *seconds*.

    ``hang_ups`` are seconds after the first request at which all clients that wait hang up.
    """

    port: int
    rate: float
    seconds: float
    hang_ups: Sequence[float] = ()


class Recorder(Generator):
    """The generator that keeps each request's kind and time."""

    def __init__(self, order: Order) -> None:
        super().__init__("127.0.0.1", order.port, b"", rate=order.rate, seconds=order.seconds)
        wanted = int(order.rate * order.seconds)
        self.start = 0.0
        self._order = order
        self._kinds = [Kind.LOST] * wanted
        self._took = [0.0] * wanted
        self._requests = cycle([_request(user, order.port) for user in range(1, USERS + 1)])

    async def prepare(self) -> None:
        """Open the first connections; ``start`` is then when the first request will be due."""
        await super().prepare()
        self.start = time.monotonic() + LEAD

    async def record(self) -> Record:
        """Send everything and tell what became of it."""
        loop = asyncio.get_running_loop()
        for at in self._order.hang_ups:
            loop.call_later(self.start - time.monotonic() + at, self._hang_up)
        await self.send(self.start)
        late = percentile(sorted(self._late), 0.99)
        return Record(self._order.rate, "".join(self._kinds), self._took, late)

    def next_request(self) -> bytes:
        """The next user's profile."""
        return next(self._requests)

    def answered(self, due: float, status: int, body: bytes) -> None:
        """An answer to the request that was due at *due* is complete."""
        number = self._number(due)
        self._took[number] = time.monotonic() - due
        self._kinds[number] = kind_of(status, body)
        self.one_is_over()

    def _hang_up(self) -> None:
        for connection in list(self.open):
            if connection.due is not None:
                self._kinds[self._number(connection.due)] = Kind.LEFT
                connection.close()

    def _number(self, due: float) -> int:
        return round((due - self.start) * self._order.rate)


def _request(user: int, port: int) -> bytes:
    head = f"GET /user/profile/{user} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: application/json\r\n\r\n"
    return head.encode()


async def load(order: Order) -> Record:
    """Carry out *order*; tells when it will begin as soon as that is known."""
    recorder = Recorder(order)
    gc.freeze()
    gc.disable()  # a pause of ours would look like one of the server's
    try:
        await recorder.prepare()
        print(recorder.start, flush=True)
        return await recorder.record()
    finally:
        gc.enable()


if __name__ == "__main__":
    raise_file_limit()
    seen = uvloop.run(load(msgspec.json.decode(sys.argv[1], type=Order)))
    print(msgspec.json.encode(seen).decode())
