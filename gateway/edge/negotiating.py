"""A route whose answers have several forms: another encoding of the whole, or every part when it is ready.

Stands in for ``Endpoint`` only where a route says ``produces:`` or ``mode: stream``; nowhere else is
``Accept`` looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from gateway.edge import problems
from gateway.edge.answer import Message, Receive, Send, answer
from gateway.edge.early import KEEP_ALIVE, EarlyAnswer
from gateway.edge.endpoint import Endpoint
from gateway.edge.hangup import HangUp
from gateway.edge.outlet import Outlet, outlet_of
from gateway.edge.streamed import CLIENT_GONE, WHOLE
from gateway.outcome import Failure
from gateway.plan.parts import Part, TellingRun

if TYPE_CHECKING:
    from gateway.edge.formats import Format, Formats
    from gateway.edge.problems import Problem
    from gateway.edge.streamed import StreamMeter
    from gateway.plan.execute import Run

_FORM: Final = "gateway.form"
_VARY: Final = b"vary: accept\r\n"
_set_type: Final = re.compile(rb"content-type: [^\r]*").sub


class NegotiatingEndpoint(Endpoint):
    """One route in several *formats*; *parts* are those of its answer, which *merges* objects or does not.

    The rest is as for ``Endpoint``.
    """

    def __init__(
        self,
        *args: Any,
        formats: Formats,
        parts: Sequence[Part],
        merges: bool,
        streams: StreamMeter,
        **rest: Any,
    ) -> None:
        if any(form.by_parts for form in formats):
            rest["make_run"] = TellingRun
        super().__init__(*args, **rest)
        self.direct = False
        self._formats = formats
        self._parts = parts
        self._merges = merges
        self._streams = streams
        own = [line.partition(b": ") for line in self._block.split(b"\r\n") if line]
        self._own = [(name, value) for name, _, value in own if name not in {b"content-type", b"vary"}]

    async def __call__(self, scope: Message, receive: Receive, send: Send, path: Mapping[str, str]) -> None:
        """Answer one request in a form that its client takes."""
        form = self._formats.chosen(scope["headers"])
        if form is None:
            arrived = self.engine.clock()
            trace, _ = self.intake.read(scope["headers"], scope.get("client"), 1.0)
            problem = problems.not_acceptable(self._formats.media_types, trace.request_id)
            await self._refuse(scope, send, problem._replace(block=problem.block + _VARY), arrived, trace)
            return
        scope[_FORM] = form
        await super().__call__(scope, receive, send, path)

    async def _run(self, run: Run, scope: Message, receive: Receive, send: Send, arrived: float) -> None:
        form: Format = scope[_FORM]
        if not form.by_parts:
            await super()._run(run, scope, receive, send, arrived)
            return
        assert isinstance(run, TellingRun)
        watch = HangUp(run, receive, self.engine.timers)
        outlet = outlet_of(scope, send)
        silence = self.engine.timers.of(KEEP_ALIVE)
        status = self._answering.status
        early = EarlyAnswer(run, self._parts, form, outlet, status, self._headers(run, form), silence)
        if scope["method"] != "HEAD":
            run.told = early.step_ended
        watch.arm()
        self._streams.begin()
        ending = CLIENT_GONE
        try:
            await run.run()
            if not run.abandoned:
                ending = await self._closed(run, early, outlet, scope, send, arrived)
            if run.abandoned:  # perhaps while the rest was being sent
                ending = CLIENT_GONE
                self.left(run.trace, lambda: scope)
        finally:
            early.close()
            watch.disarm()
            self._streams.end(ending, 0, outlet.sent)

    async def _give(self, run: Run, scope: Message, send: Send, arrived: float) -> None:
        form: Format = scope[_FORM]
        status, block, body, degraded = self.rendered(run)
        if form.encode is not None and status < 300:  # problems stay what they are (RFC 9457)
            body = form.encode(body)
            block = _set_type(b"content-type: " + form.media_types[0], block, count=1)
        seconds = self.engine.clock() - arrived
        await answer(scope, send, status, block + _VARY, body)
        self.tell(run, lambda: scope, status, len(body), degraded=degraded, seconds=seconds)

    async def _closed(
        self, run: Run, early: EarlyAnswer, outlet: Outlet, scope: Message, send: Send, arrived: float
    ) -> str:
        """End the answer to *run*; returns how it ended."""
        degraded = self._degradation.of(run.outcomes)
        problem, cause = self._problem(run)
        clock = self.engine.clock
        if problem is not None and not early.started:
            seconds = clock() - arrived
            await answer(scope, send, problem.status, problem.block + _VARY, problem.body)
            self.tell(run, lambda: scope, problem.status, len(problem.body), degraded=False, seconds=seconds)
            return cause
        request_id = b',"request_id":"' + run.trace.request_id.encode() + b'"'
        if problem is not None:
            await early.end(b'"end":"failed","problem":' + problem.body)
        elif degraded is not None:
            await early.end(b'"end":"degraded","degraded":' + degraded.member + request_id)
        else:
            await early.end(b'"end":"complete"' + request_id)
        bad = problem is not None or degraded is not None
        seconds = clock() - arrived
        self.tell(run, lambda: scope, self._answering.status, outlet.sent, degraded=bad, seconds=seconds)
        return WHOLE if problem is None else cause

    def _problem(self, run: Run) -> tuple[Problem | None, str]:
        """What fails the answer as a whole, if anything does, and the cause of that."""
        failure = run.failure
        if failure is not None:
            return self._failed(run, failure[1], failure[0].name), str(failure[1].cause)
        # Objects that contradict each other are found where they are put together.
        merged = self.plan.merge(run) if self._merges else None
        if isinstance(merged, Failure):
            return self._failed(run, merged, "merge"), str(merged.cause)
        return None, ""

    def _headers(self, run: Run, form: Format) -> list[tuple[bytes, bytes]]:
        return [
            (b"content-type", form.media_types[0]),
            *(pair for pair in self._own if pair[0] != b"cache-control"),
            (b"cache-control", b"no-store"),
            (b"vary", b"accept"),
            (b"x-accel-buffering", b"no"),
            (b"x-request-id", run.trace.request_id.encode()),
        ]
