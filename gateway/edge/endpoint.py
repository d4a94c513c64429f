"""Answers the requests of one route: checks them, runs the plan, writes the answer or the problem.

What does not depend on the request is made once; a complete answer costs the joining of ready bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from mypy_extensions import mypyc_attr

from gateway.edge import problems, recorded
from gateway.edge.age import age_line
from gateway.edge.answer import Message, Receive, Send, answer, header_block
from gateway.edge.body import Refusal, read_body
from gateway.edge.debug import debug_line
from gateway.edge.degraded import Degradation
from gateway.edge.hangup import HangUp
from gateway.edge.inputs import InputFault
from gateway.edge.text_parts import takes_json
from gateway.edge.timing import Timing
from gateway.outcome import Failure
from gateway.plan.engine import Engine
from gateway.plan.execute import Run
from gateway.plan.undo import UndoingRun

if TYPE_CHECKING:
    from gateway.call import Trace
    from gateway.edge.incoming import Intake
    from gateway.edge.problems import Problem
    from gateway.edge.reader import Reader
    from gateway.edge.streamed import Streamed
    from gateway.plan.model import Ended, Plan

Scope = Callable[[], Message]
"""Makes the ASGI scope of a request, which hardly any request needs."""

_NO_STORE: Final = b"cache-control: no-store\r\n"
_JSON: Final = ("content-type", "application/json")


class RequestMeter(Protocol):
    """Counts the requests of one route. Must neither block nor raise."""

    def record(self, status: int, degraded: bool, seconds: float) -> None:  # noqa: FBT001 - a label
        """One request was answered with *status* after *seconds*."""

    def client_gone(self) -> None:
        """A client left before its answer."""


class AccessLog(Protocol):
    """Told of every request that was answered. Must not raise."""

    def __call__(self, run: Ended, status: int, degraded: bool, seconds: float, size: int) -> None:  # noqa: FBT001
        """One request was answered with *status* and *size* bytes after *seconds*."""

    def refused(self, route: str, status: int, trace: Trace, seconds: float) -> None:
        """One request was answered without a plan."""

    def streamed(self, run: Ended, streamed: Streamed) -> None:
        """One answer went piece by piece, and has ended."""


class Witness(Protocol):
    """Sees every request that a plan answered, to keep some of them. Must neither block nor raise."""

    def __call__(self, run: Ended, status: int, degraded: bool, seconds: float) -> None:  # noqa: FBT001
        """One request was answered with *status* after *seconds*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What a route's answers look like.

    ``reads_body`` routes take JSON bodies of up to ``max_body`` bytes. ``own_credentials`` are the indices
    of steps that send the client's own credentials. ``degraded_in_body``: JSON objects get a member
    ``degraded``.
    """

    status: int = 200
    headers: Mapping[str, str]
    reads_body: bool
    max_body: int
    own_credentials: frozenset[int]
    degraded_in_body: bool
    expose_degraded: bool
    expose_timing: bool


@mypyc_attr(allow_interpreted_subclasses=True)
class Endpoint:
    """One route, ready to answer. ``direct``: also requests that come past ASGI (see ``edge.direct``)."""

    def __init__(
        self,
        plan: Plan,
        read_inputs: Reader,
        answering: Answering,
        *,
        engine: Engine,
        intake: Intake,
        meter: RequestMeter,
        access_log: AccessLog | None,
        witness: Witness | None = None,
        make_run: Callable[..., Run] = Run,
    ) -> None:
        names = [step.name for step in plan.steps]
        headers = {name.lower(): value for name, value in answering.headers.items()}
        self.plan = plan
        self.read_inputs = read_inputs
        self.direct = not answering.reads_body and make_run is Run
        self._make_run = make_run
        self._answering = answering
        self.engine = engine
        self.intake = intake
        self._meter = meter
        self._access_log = access_log
        self._witness = witness
        self._one_step = len(names) == 1
        self._degradation = Degradation(names)
        self._timing = Timing(names) if answering.expose_timing else None
        content_type = () if "content-type" in headers else (_JSON,)
        self._block = header_block([*content_type, *headers.items()])
        self._degraded_block = header_block(
            [*content_type, *((k, v) for k, v in headers.items() if k != "cache-control")]
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send, path: Mapping[str, str]) -> None:
        """Answer one request whose path parameters are *path*."""
        engine = self.engine
        arrived = engine.clock()
        headers = scope["headers"]
        trace, limit = self.intake.read(headers, scope.get("client"), self.plan.time_limit)
        if not self.enter():
            await self._refuse(scope, send, problems.no_space(trace.request_id), arrived, trace)
            return
        body: bytes | None = None
        try:
            if self._answering.reads_body:
                taken = await self._take_body(headers, receive, trace, limit)
                if taken is None:
                    self.left(trace, lambda: scope)
                    return
                if not isinstance(taken, bytes):
                    await self._refuse(scope, send, taken, arrived, trace)
                    return
                body = taken
                limit = max(0.0, limit - (engine.clock() - arrived))  # the clock started at arrival
            try:
                inputs = self.read_inputs(path, scope["query_string"], headers, body)
            except InputFault as fault:
                problem = problems.bad_request(fault, trace.request_id)
                await self._refuse(scope, send, problem, arrived, trace)
                return
            run = self._make_run(self.plan, engine, inputs, trace, limit)
            try:
                await self._run(run, scope, receive, send, arrived)
            finally:
                run.release()
        finally:
            self.leave()
            if body:
                engine.buffered.give(len(body))

    def enter(self) -> bool:
        """Let a request in; ``False`` if there is no room for it. Whoever entered leaves once."""
        return True

    def leave(self) -> None:
        """A request that entered is over."""

    async def _run(self, run: Run, scope: Message, receive: Receive, send: Send, arrived: float) -> None:
        """Run the plan, and answer unless the client has left."""
        watch = HangUp(run, receive, self.engine.timers)
        watch.arm()
        try:
            await run.run()
        finally:
            watch.disarm()
        if run.abandoned:
            self.left(run.trace, lambda: scope)
            return
        await self._give(run, scope, send, arrived)

    async def _give(self, run: Run, scope: Message, send: Send, arrived: float) -> None:
        """Answer, now that *run* has ended."""
        status, block, body, degraded = self.rendered(run)
        seconds = self.engine.clock() - arrived  # up to here it was our time, from here it is the client's
        await answer(scope, send, status, block, body)
        self.tell(run, lambda: scope, status, len(body), degraded=degraded, seconds=seconds)

    def rendered(self, run: Run) -> tuple[int, bytes, bytes, bool]:
        """The answer to an ended *run*: status, header lines, body, and whether it is degraded."""
        status, block, body, degraded = self._answer_of(run)
        if self._timing is not None:
            block += self._timing.line(run.calls, run.outcomes, run.trace.trace_id)
        recording = run.trace.recording
        if recording is not None and recording.debug:
            block += debug_line(run, recording, self.engine.clock())
        return status, block, body, degraded

    def tell(self, run: Run, scope: Scope, status: int, size: int, *, degraded: bool, seconds: float) -> None:
        """A request was answered with *status* and *size* bytes after *seconds*."""
        self._meter.record(status, degraded, seconds)
        if self._access_log is not None:
            self._access_log(run, status, degraded, seconds, size)
        if self._witness is not None:
            self._witness(run, status, degraded, seconds)
        recording = run.trace.recording
        if recording is not None:
            recorded.answered(recording, run, scope(), status, degraded=degraded, seconds=seconds)

    def left(self, trace: Trace, scope: Scope) -> None:
        """The client left before its answer."""
        self._meter.client_gone()
        if trace.recording is not None:
            recorded.refused(trace.recording, self.plan.route, scope(), 0)

    def _answer_of(self, run: Run) -> tuple[int, bytes, bytes, bool]:
        """Status, header lines, body, and whether the answer is degraded."""
        degraded = self._degradation.of(run.outcomes)
        failure = run.failure if degraded is not None else None
        if failure is not None:
            return (*self._failed(run, failure[1], failure[0].name), False)
        body = self.plan.merge(run)
        if isinstance(body, Failure):
            return (*self._failed(run, body, "merge"), False)
        request_id = b"x-request-id: " + run.trace.request_id.encode() + b"\r\n"
        if self._one_step:
            request_id += age_line(run.outcomes[0])
        answering = self._answering
        if degraded is None:
            return answering.status, self._block + request_id, body, False
        block = self._degraded_block + request_id + _NO_STORE
        if answering.expose_degraded:
            block += degraded.header
            if answering.degraded_in_body:
                body = degraded.marked(body)
        return answering.status, block, body, True

    def _failed(self, run: Run, failure: Failure, step: str) -> Problem:
        own = any(run.outcomes[index] is failure.root for index in self._answering.own_credentials)
        undone = run.undone if isinstance(run, UndoingRun) else {}
        return problems.failed(failure, step, run.trace.request_id, own_credentials=own, undone=undone)

    async def _take_body(
        self, headers: list[tuple[bytes, bytes]], receive: Receive, trace: Trace, limit: float
    ) -> bytes | Problem | None:
        """The body; a problem if it cannot be taken; ``None`` if the client left while sending it."""
        if not takes_json(headers):
            return problems.refused(415, trace.request_id)
        try:
            async with asyncio.timeout(limit):
                taken = await read_body(headers, receive, self._answering.max_body, self.engine.buffered)
        except TimeoutError:
            return problems.refused(408, trace.request_id)
        if isinstance(taken, bytes):
            return taken
        if taken is Refusal.GONE:
            return None
        too_large = taken is Refusal.TOO_LARGE
        return problems.refused(413, trace.request_id) if too_large else problems.no_space(trace.request_id)

    async def _refuse(
        self, scope: Message, send: Send, problem: Problem, arrived: float, trace: Trace
    ) -> None:
        await answer(scope, send, *problem)
        self.tell_refusal(lambda: scope, problem.status, trace, arrived)

    def tell_refusal(self, scope: Scope, status: int, trace: Trace, arrived: float) -> None:
        """A request that *arrived* was answered with *status* without its plan."""
        seconds = self.engine.clock() - arrived
        self._meter.record(status, False, seconds)
        if self._access_log is not None:
            self._access_log.refused(self.plan.route, status, trace, seconds)
        if trace.recording is not None:
            recorded.refused(trace.recording, self.plan.route, scope(), status)
