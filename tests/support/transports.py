"""Both transports behind one way to make them and one way to call them."""

import asyncio
import contextlib

from gateway.buffered import Buffered
from gateway.call import Call, Trace
from gateway.timers import Timers
from gateway.transport.exchange import Request, Response
from gateway.transport.h1 import H1Transport
from gateway.transport.httpx import HttpxTransport
from gateway.transport.origin import Origin

KINDS = {"h1": H1Transport, "httpx": HttpxTransport}
TRACE = Trace("0af7651916cd43dd8448eb211c80319c", "01", "request-1")
MiB = 1024 * 1024


def a_call(payload=None, *, timeout=2.0, repeatable=True) -> Call:
    deadline = asyncio.get_running_loop().time() + timeout
    return Call("step", payload, deadline, timeout, TRACE, repeatable=repeatable)


class Client:
    """A transport with what it needs, and shorthands for one exchange."""

    def __init__(self, kind: str, url: str, **options) -> None:
        self.buffered = options.pop("buffered", None) or Buffered(64 * MiB)
        self.timers = Timers(asyncio.get_running_loop())
        settings = {"limit": 8, "max_wait": 0.5, "connect_timeout": 1.0, "max_response": MiB} | options
        self.transport = KINDS[kind](Origin.of(url), buffered=self.buffered, timers=self.timers, **settings)

    async def get(self, target: bytes = b"/", **how) -> Response:
        return await self.exchange(Request("GET", target), **how)

    async def exchange(self, request: Request, extra: bytes = b"", call: Call | None = None, **how):
        call = call or a_call(request, **how)
        try:
            return await self.transport.exchange(request, extra, call)
        finally:
            assert call.waiter is None
            self.buffered.give(call.held)

    async def at_rest(self) -> None:
        """Wait until no slot is in use; fails the test if one stays so."""
        async with asyncio.timeout(2):
            while self.transport.state().in_use or self.transport.state().waiting:
                await asyncio.sleep(0.001)

    @property
    def state(self):
        return self.transport.state()


@contextlib.asynccontextmanager
async def client(kind: str, url: str, **options):
    """A client that is closed at the end, and has given everything back by then."""
    made = Client(kind, url, **options)
    await made.transport.open()
    try:
        yield made
        await made.at_rest()
        assert made.buffered.used == 0
    finally:
        await made.transport.close()
        made.timers.close()
