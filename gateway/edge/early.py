"""Sends the parts of an answer as they become ready, each as a line or an event, and then how it all ended.

    {"part":"profile.orders","served":"live","data":[…]}
    {"part":"profile.offers","served":"nothing","cause":"timeout","data":null}
    {"end":"degraded","degraded":{"offers":{"cause":"timeout","served":"nothing"}},"request_id":"…"}

As ``text/event-stream`` these are events named ``part`` and ``end``. ``end`` is complete, degraded or failed;
a failed one has the ``problem`` that the client would have got as its answer.

Rules of the file:
1. The head goes out with the first part that waited for a step. Until then a failure is an answer by itself.
2. What a part's steps ended with is rendered at once, within the step's end; a task of the request's own
   sends it, so that a client which reads slowly holds up nobody but itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from gateway.outcome import Failure, Freshness, Outcome
from gateway.plan.parts import Part, Progress

if TYPE_CHECKING:
    from gateway.edge.formats import Format
    from gateway.edge.outlet import Headers, Outlet
    from gateway.plan.parts import TellingRun
    from gateway.timers import Timer

KEEP_ALIVE: Final = 15.0
"""Seconds without an event after which a comment is sent, for proxies that close what is silent (the HTML
standard, section 9.2.7, recommends about 15)."""

_RANKS: Final = (
    *(Freshness.NOT_CHOSEN, Freshness.LIVE, Freshness.CACHED),
    *(Freshness.STALE, Freshness.PARTIAL, Freshness.FALLBACK),
)
_COMMENT: Final = b":\n\n"


class EarlyAnswer:
    """One answer on its way. ``started``: the head has gone out, or is about to.

    As a timer entry it is the silence that a comment ends.
    """

    __slots__ = (
        "_events",
        "_headers",
        "_lines",
        "_outlet",
        "_over",
        "_progress",
        "_run",
        "_silence",
        "_status",
        "_task",
        "_wakes",
        "started",
    )

    def __init__(
        self,
        run: TellingRun,
        parts: Sequence[Part],
        form: Format,
        outlet: Outlet,
        status: int,
        headers: Headers,
        silence: Timer,
    ) -> None:
        self._run = run
        self._progress = Progress(parts, len(run.plan.steps))
        self._events = form.name == "events"
        self._outlet = outlet
        self._status = status
        self._headers = headers
        self._silence = silence
        self._lines = [self._line(part) for part in self._progress.at_once()]
        self._wakes = asyncio.Event()
        self._over = False
        self._task: asyncio.Task[None] | None = None
        self.started = False

    def step_ended(self, index: int) -> None:
        """A step of the run has ended: send what is ready by it."""
        if self._over:
            return
        ready = self._progress.ended(index)
        if ready:
            self._lines += map(self._line, ready)
            # While nothing has answered, or when a required step has failed, the answer may be a problem.
            if self.started or self._run.failure is None:
                self._begin()

    async def end(self, member: bytes) -> None:
        """Send what is left, and *member*, the closing part without its braces. Ends the answer."""
        self._begin()
        self._lines.append(self._framed(b"end", b"{" + member + b"}"))
        await self._sent()
        if not self._outlet.gone:
            await self._outlet.end()

    def close(self) -> None:
        """Send no more. Harmless after the end."""
        self._over = True
        self._silence.stop(self)
        if self._task is not None:
            self._task.cancel()

    def expire(self) -> None:
        """Nothing was sent for a while."""
        self._lines.append(_COMMENT)
        self._wakes.set()
        self._silence.start(self)

    def _begin(self) -> None:
        self._wakes.set()
        if not self.started:
            self.started = True
            self._task = asyncio.get_running_loop().create_task(self._send())
            if self._events:
                self._silence.start(self)

    async def _sent(self) -> None:
        self._over = True
        self._silence.stop(self)
        self._wakes.set()
        assert self._task is not None, "there is one from the beginning on"
        await self._task

    async def _send(self) -> None:
        await self._outlet.start(self._status, self._headers, self._taken())
        while self._lines or not self._over:
            if not self._lines:
                self._wakes.clear()
                await self._wakes.wait()
            elif self._outlet.gone:
                return
            else:
                await self._outlet.write(self._taken())

    def _taken(self) -> bytes:
        lines, self._lines = self._lines, []
        return b"".join(lines)

    def _line(self, part: Part) -> bytes:
        outcomes = [self._run.outcomes[step] for step in part.steps]
        data = part.render(self._run)
        told = {"part": part.name, "served": _served(outcomes)}
        if isinstance(data, Failure):
            told |= {"served": "nothing", "cause": data.cause}
            data = b"null"
        else:
            cause = next((each.cause for each in outcomes if each is not None and each.cause), None)
            told |= {"cause": cause} if cause is not None else {}
        head = json.dumps(told, separators=(",", ":")).encode()
        return self._framed(b"part", head[:-1] + b',"data":' + data + b"}")

    def _framed(self, event: bytes, document: bytes) -> bytes:
        # In JSON a line break stands between values only, never within a text.
        if b"\n" in document or b"\r" in document:
            document = document.replace(b"\r", b" ").replace(b"\n", b" ")
        return b"event: %b\ndata: %b\n\n" % (event, document) if self._events else document + b"\n"


def _served(outcomes: Sequence[Outcome | None]) -> str:
    """The least that stands behind a part: live if it is made of no step, nothing if a step gave nothing."""
    served: list[Freshness] = []
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            return "nothing"
        if outcome is not None:
            served.append(outcome.freshness)
    return max(served, key=_RANKS.index, default=Freshness.LIVE)
