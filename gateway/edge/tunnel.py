"""Passes WebSockets on: messages of either side to the other, whole and in order, until one side ends.

Rules of the file:
1. The client's handshake is answered when the upstream has answered its own. What refuses it is told by its
   status, as for other requests.
2. Close codes go through to the other side; an upstream that is lost is 1014.
3. Each side is asked whether it is there (pings); neither sees the other's pings.
4. What is held for a socket goes back in every case, once it is over or was refused.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from gateway.call import Call
from gateway.edge import problems
from gateway.edge.admission import Admitting
from gateway.edge.inputs import InputFault
from gateway.edge.passing import PassesOn
from gateway.edge.passing_run import PassingRun
from gateway.edge.streamed import CLIENT_GONE, WHOLE, Streamed
from gateway.sources.tunnels import Tunnel
from gateway.transport.websocket import LOST, Closed, Link

if TYPE_CHECKING:
    from gateway.call import Trace
    from gateway.edge.answer import Message, Receive, Send
    from gateway.edge.problems import Problem

_UNSAID: Final = frozenset({1005, 1006, 1015})
"""Codes that stand for a close without one; they cannot be sent."""

_LINGER: Final = 1.0
"""Seconds for a refused client to be gone."""

_HANDSHAKE: Final = (
    *(b"sec-websocket-accept", b"sec-websocket-extensions", b"sec-websocket-protocol"),
    *(b"content-length", b"content-type"),
)


class TunnelEndpoint(PassesOn):
    """The WebSockets of one route that passes on. Its plan's one step is a source of links."""

    async def __call__(self, scope: Message, receive: Receive, send: Send, path: Mapping[str, str]) -> None:
        """Serve one WebSocket (an ASGI scope of that type)."""
        arrived = self._engine.clock()
        await receive()  # websocket.connect
        opened = await self._open(scope, receive, send, path, arrived)
        if opened is None:
            return
        tunnel, run, seconds = opened
        try:
            assert tunnel.link is not None, "it is open"
            await self._serve(run, tunnel.link, send, receive, seconds, arrived)
        finally:
            tunnel.close()

    async def _open(
        self, scope: Message, receive: Receive, send: Send, path: Mapping[str, str], arrived: float
    ) -> tuple[Tunnel, PassingRun, float] | None:
        """Answer the handshake: what there is to serve now, with the seconds it took, or ``None``."""
        trace, limit = self._intake.read(scope["headers"], scope.get("client"), self.plan.time_limit)
        try:
            inputs = self._read_inputs(path, scope["query_string"], scope["headers"], None)
            run = PassingRun(self.plan, self._engine, inputs, trace, limit)
            offered = scope.get("subprotocols", ())
            tunnel = Tunnel(*self._asked(run, scope), self._passing.idle_timeout, offered)
        except InputFault as fault:
            problem = problems.bad_request(fault, trace.request_id)
            await self._turn_away(problem, trace, scope, receive, send, arrived)
            return None
        step = self.plan.steps[0]
        call = Call(step.name, tunnel, run.deadline, step.timeout, trace, inputs=inputs, floor=run.floor)
        with contextlib.ExitStack() as held:
            held.callback(tunnel.close)
            await run.run(call, body=False)
            seconds = self._engine.clock() - arrived
            if tunnel.link is None:
                await self._refuse(run, scope, receive, send, seconds)
                return None
            self._meter.record(101, False, seconds)
            await self._accept(run, tunnel.link, send)
            held.pop_all()
        return tunnel, run, seconds

    async def _accept(self, run: PassingRun, link: Link, send: Send) -> None:
        own = {**self._passing.headers, b"x-request-id": run.trace.request_id.encode()}
        headers = self._passing.forwarding.returned(link.headers, own, without=_HANDSHAKE)
        await send({"type": "websocket.accept", "subprotocol": link.subprotocol, "headers": headers})

    async def _serve(
        self, run: PassingRun, link: Link, send: Send, receive: Receive, seconds: float, arrived: float
    ) -> None:
        self._streams.begin()
        counts = [0, 0]
        inward = asyncio.ensure_future(_inward(link, receive, counts))
        outward = asyncio.ensure_future(_outward(link, send, counts))
        try:
            await asyncio.wait((inward, outward), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (inward, outward):
                task.cancel()
            await asyncio.gather(inward, outward, return_exceptions=True)
            ending = CLIENT_GONE
            if link.closed is not None:
                ending = "incomplete" if link.closed.code == LOST else WHOLE
            received, sent = counts
            self._streams.end(ending, received, sent)
            if self._access_log is not None:
                total = self._engine.clock() - arrived
                self._access_log.streamed(run, Streamed(101, seconds, total, received, sent, ending))

    async def _refuse(
        self, run: PassingRun, scope: Message, receive: Receive, send: Send, seconds: float
    ) -> None:
        """The upstream did not open a socket."""
        failure = run.failure
        assert failure is not None, "without a link there is a failure"
        problem = problems.failed(failure[1], failure[0].name, run.trace.request_id, own_credentials=True)
        await refuse(scope, receive, send, problem)
        self._meter.record(problem.status, False, seconds)
        if self._access_log is not None:
            self._access_log(run, problem.status, False, seconds, len(problem.body))

    async def _turn_away(
        self, problem: Problem, trace: Trace, scope: Message, receive: Receive, send: Send, arrived: float
    ) -> None:
        """The upstream is not asked."""
        await refuse(scope, receive, send, problem)
        seconds = self._engine.clock() - arrived
        self._meter.record(problem.status, False, seconds)
        if self._access_log is not None:
            self._access_log.refused(self.plan.route, problem.status, trace, seconds)


class AdmittingTunnel(Admitting, TunnelEndpoint):
    """A tunnel endpoint that refuses handshakes beyond what is admitted with 503.

    Under way is a handshake until it is answered. A socket that is open counts no more: it may live for days,
    and what it costs is not what a request costs. How many of them there are, the bulkhead bounds.
    """

    async def _open(
        self, scope: Message, receive: Receive, send: Send, path: Mapping[str, str], arrived: float
    ) -> tuple[Tunnel, PassingRun, float] | None:
        if not self.enter():
            trace, _ = self._intake.read(scope["headers"], scope.get("client"), 1.0)
            problem = problems.no_space(trace.request_id)
            await self._turn_away(problem, trace, scope, receive, send, arrived)
            return None
        try:
            return await super()._open(scope, receive, send, path, arrived)
        finally:
            self.leave()


async def refuse(scope: Message, receive: Receive, send: Send, problem: Problem) -> None:
    """Refuse a handshake: with *problem* where the server can, else without a word."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    lines = [line.partition(b": ") for line in problem.block.split(b"\r\n") if line]
    headers = [(name, value) for name, _, value in lines]
    await send({"type": "websocket.http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": problem.body})
    # uvicorn takes an application that returns before the connection is gone for one that forgot to answer.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER):
            await receive()
            await receive()


async def _inward(link: Link, receive: Receive, counts: list[int]) -> None:
    """From the client to the upstream, until the client ends."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            code = message.get("code", 1005)
            link.close(1000 if code in _UNSAID else code, message.get("reason") or "")
            return
        data: Any = message.get("text")
        data = message["bytes"] if data is None else data
        counts[0] += len(data)
        await link.send(data)


async def _outward(link: Link, send: Send, counts: list[int]) -> None:
    """From the upstream to the client, until the upstream ends."""
    while True:
        message = await link.receive()
        if isinstance(message, Closed):
            code = 1000 if message.code in _UNSAID else message.code
            await send({"type": "websocket.close", "code": code, "reason": message.reason})
            return
        counts[1] += len(message)
        key = "text" if isinstance(message, str) else "bytes"
        await send({"type": "websocket.send", key: message})
