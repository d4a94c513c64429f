"""Answers the requests of a route that passes answers on: head by head, then piece by piece, both ways.

Rules of the file:
1. The time limit bounds the wait for the head of the answer; it rests while the client sends its body. From
   then on each piece is waited for at most ``idle_timeout``.
2. Until the head has gone out, what goes wrong is told as a problem. After that the answer is broken off:
   what is not whole never ends as if it were.
3. A client that leaves ends the call, whatever its method: there is nobody else whom the answer is for.
4. What a passage holds goes back in every case, once its answer is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gateway.call import Call
from gateway.edge import problems, recorded
from gateway.edge.answer import Message, Receive, Send, answer
from gateway.edge.body import Refusal, body_length, declared_length, read_body
from gateway.edge.debug import HEADER as DEBUG
from gateway.edge.debug import debug_line
from gateway.edge.hangup import HangUp
from gateway.edge.inputs import InputFault
from gateway.edge.outlet import WITHOUT_BODY, outlet_of
from gateway.edge.passing_run import PassingRun
from gateway.edge.streamed import CLIENT_GONE, WHOLE, Streamed, StreamMeter, brought
from gateway.edge.timing import Timing
from gateway.edge.unread import OWN
from gateway.edge.upload import Upload
from gateway.sources.passing import Passage
from gateway.transport.exchange import Request

if TYPE_CHECKING:
    from gateway.call import Trace
    from gateway.edge.endpoint import AccessLog, RequestMeter, Witness
    from gateway.edge.forwarding import Forwarding
    from gateway.edge.incoming import Intake
    from gateway.edge.problems import Problem
    from gateway.edge.reader import Reader
    from gateway.plan.engine import Engine
    from gateway.plan.model import Plan
    from gateway.transport.streamed import StreamedResponse

REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Methods whose requests may be sent twice, as long as they have no body."""

SMALL: Final = 64 * 1024
"""Bytes; a body that says it has no more is read before it is passed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """What one route passes on. ``most`` bytes of a body at most (``None``: any number).

    ``headers`` are the route's own headers of answers, names in lower case.
    """

    forwarding: Forwarding
    idle_timeout: float
    most: int | None
    headers: Mapping[bytes, bytes]
    expose_timing: bool


class PassesOn:
    """What the requests and the WebSockets of one route have in common. Its plan has one step."""

    def __init__(
        self,
        plan: Plan,
        read_inputs: Reader,
        passing: Passing,
        *,
        engine: Engine,
        intake: Intake,
        meter: RequestMeter,
        streams: StreamMeter,
        access_log: AccessLog | None,
    ) -> None:
        self.plan = plan
        self._read_inputs = read_inputs
        self._passing = passing
        self._engine = engine
        self._intake = intake
        self._meter = meter
        self._streams = streams
        self._access_log = access_log

    def _asked(self, run: PassingRun, scope: Message) -> tuple[bytes, bytes]:
        """Target and header lines as they go on. Raises ``InputFault``."""
        forwarding = self._passing.forwarding
        request = self.plan.steps[0].prepare(run)
        assert isinstance(request, Request), "a passage reads no step, so nothing is missing"
        target = forwarding.target(request.target, scope["query_string"])
        return target, forwarding.lines(scope["headers"]) + request.headers


class PassingEndpoint(PassesOn):
    """One route that passes on, ready to answer.

    ``direct``: its requests cannot come past ASGI. ``websocket`` serves those that ask for that upgrade, if
    the route passes them on.
    """

    direct = False

    def __init__(
        self, *args: Any, witness: Witness | None = None, websocket: Any = None, **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        self._witness = witness
        self.websocket = websocket
        names = [self.plan.steps[0].name]
        self._timing = Timing(names) if self._passing.expose_timing else None

    async def __call__(self, scope: Message, receive: Receive, send: Send, path: Mapping[str, str]) -> None:
        """Answer one request whose path parameters are *path*."""
        arrived = self._engine.clock()
        headers = scope["headers"]
        trace, limit = self._intake.read(headers, scope.get("client"), self.plan.time_limit)
        if self._passing.most is not None and declared_length(headers) > self._passing.most:
            await self._refuse(scope, send, problems.refused(413, trace.request_id), arrived, trace)
            return
        try:
            inputs = self._read_inputs(path, scope["query_string"], headers, None)
            run = PassingRun(self.plan, self._engine, inputs, trace, limit)
            target, lines = self._asked(run, scope)
            passage = Passage(scope["method"], target, lines, self._passing.idle_timeout)
        except InputFault as fault:
            problem = problems.bad_request(fault, trace.request_id)
            await self._refuse(scope, send, problem, arrived, trace)
            return
        length = body_length(headers)
        if length and length <= SMALL:
            taken = await self._take(headers, receive)
            if isinstance(taken, Refusal):
                await self._refuse_body(taken, scope, send, arrived, trace)
                return
            passage.body = taken
            run.restart()
        watch = HangUp(run, receive, self._engine.timers)
        upload = None
        if length is None or length > SMALL:
            upload = self._upload(run, passage, length, receive, watch)
        else:
            watch.arm()
        try:
            await run.run(self._call(run, passage), body=upload is not None)
            await self._answer(run, passage, upload, scope, send, arrived)
        finally:
            passage.close()
            watch.disarm()
            self._engine.buffered.give(len(passage.body))

    async def _take(self, headers: list[tuple[bytes, bytes]], receive: Receive) -> bytes | Refusal:
        """The whole of a small body, so that its request can go over any connection, and twice."""
        try:
            async with asyncio.timeout(self._passing.idle_timeout):
                return await read_body(headers, receive, SMALL, self._engine.buffered)
        except TimeoutError:
            return Refusal.STALLED

    def _upload(
        self, run: PassingRun, passage: Passage, length: int | None, receive: Receive, watch: HangUp
    ) -> Upload:
        """The request's body, as it will be asked for."""

        def ended(refusal: Refusal | None) -> None:
            run.uploaded(refusal)
            if refusal is None:
                watch.arm()

        idle = self._engine.timers.of(self._passing.idle_timeout)
        upload = Upload(receive, self._passing.most, idle, ended)
        passage.content, passage.length = upload, length
        return upload

    def _call(self, run: PassingRun, passage: Passage) -> Call:
        step = self.plan.steps[0]
        return Call(
            step.name,
            passage,
            run.deadline,
            step.timeout,
            run.trace,
            repeatable=passage.method in REPEATABLE and passage.content is None,
            inputs=run.inputs,
            floor=run.floor,
        )

    async def _answer(
        self,
        run: PassingRun,
        passage: Passage,
        upload: Upload | None,
        scope: Message,
        send: Send,
        arrived: float,
    ) -> None:
        """Pass the answer on, or tell why there is none; nothing if the client has left."""
        clock = self._engine.clock
        response = passage.answer
        seconds = clock() - arrived
        if run.abandoned or run.refusal is Refusal.GONE:
            self._left(run.trace, scope)
            return
        if run.refusal is not None:
            await self._refuse_body(run.refusal, scope, send, arrived, run.trace)
            return
        if response is None:
            await self._tell(run, scope, send, seconds)
            return
        outlet = outlet_of(scope, send)
        scope[OWN] = True  # `brought` bounds how long the client may take to read
        self._meter.record(response.status, False, seconds)
        self._streams.begin()
        ending = CLIENT_GONE
        try:
            idle = self._engine.timers.of(self._passing.idle_timeout)
            ending = await brought(run, response, self._headers(run, response), outlet, idle)
        finally:
            received = upload.size if upload is not None else len(passage.body)
            self._streams.end(ending, received, outlet.sent)
            if self._access_log is not None:
                total = clock() - arrived
                streamed = Streamed(response.status, seconds, total, received, outlet.sent, ending)
                self._access_log.streamed(run, streamed)
            self._told(run, scope, response.status, seconds)
        if ending != WHOLE and not outlet.gone:
            outlet.abort()

    def _headers(self, run: PassingRun, response: StreamedResponse) -> list[tuple[bytes, bytes]]:
        """The headers of the answer to the client."""
        own = {**self._passing.headers, b"x-request-id": run.trace.request_id.encode()}
        if self._timing is not None:
            own[b"server-timing"] = self._timing.value(run.calls, run.outcomes, run.trace.trace_id)
        recording = run.trace.recording
        if recording is not None and recording.debug:
            line = debug_line(run, recording, self._engine.clock())
            own[DEBUG] = line.partition(b": ")[2].rstrip(b"\r\n")
        without = (b"content-length",) if response.status in WITHOUT_BODY else ()
        return self._passing.forwarding.returned(response.headers, own, without=without)

    async def _tell(self, run: PassingRun, scope: Message, send: Send, seconds: float) -> None:
        """There is no answer to pass on."""
        failure = run.failure
        assert failure is not None, "without an answer there is a failure"
        problem = problems.failed(failure[1], failure[0].name, run.trace.request_id)
        await answer(scope, send, *problem)
        self._meter.record(problem.status, False, seconds)
        if self._access_log is not None:
            self._access_log(run, problem.status, False, seconds, len(problem.body))
        self._told(run, scope, problem.status, seconds)

    def _told(self, run: PassingRun, scope: Message, status: int, seconds: float) -> None:
        if self._witness is not None:
            self._witness(run, status, False, seconds)
        recording = run.trace.recording
        if recording is not None:
            recorded.answered(recording, run, scope, status, degraded=False, seconds=seconds)

    def _left(self, trace: Trace, scope: Message) -> None:
        """The client left before its answer."""
        self._meter.client_gone()
        if trace.recording is not None:
            recorded.refused(trace.recording, self.plan.route, scope, 0)

    async def _refuse_body(
        self, refusal: Refusal, scope: Message, send: Send, arrived: float, trace: Trace
    ) -> None:
        """The client's body did not come to its end."""
        if refusal is Refusal.GONE:
            self._left(trace, scope)
        elif refusal is Refusal.NO_SPACE:
            await self._refuse(scope, send, problems.no_space(trace.request_id), arrived, trace)
        else:
            status = 413 if refusal is Refusal.TOO_LARGE else 408
            await self._refuse(scope, send, problems.refused(status, trace.request_id), arrived, trace)

    async def _refuse(
        self, scope: Message, send: Send, problem: Problem, arrived: float, trace: Trace
    ) -> None:
        await answer(scope, send, *problem)
        seconds = self._engine.clock() - arrived
        self._meter.record(problem.status, False, seconds)
        if self._access_log is not None:
            self._access_log.refused(self.plan.route, problem.status, trace, seconds)
        if trace.recording is not None:
            recorded.refused(trace.recording, self.plan.route, scope, problem.status)
