"""HTTP upstreams whose answers are passed on as they come: the outcome is there at the head.

Nothing of an answer is read here but its status. What it says about the upstream's health is classified as
for every other call; the client gets the answer itself, whatever its status.

Rules of the file:
1. A passage has one answer at a time. Whoever gets one closes the passage, and what was held goes back.
2. The attempt's time runs while the upstream is waited for (to connect, to take the request's body, to
   answer), and rests while the client is.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, AsyncIterator, Callable

from gateway.call import Call, Source
from gateway.outcome import Failure, Outcome, Success
from gateway.sources.http import classified
from gateway.sources.propagation import propagated
from gateway.timers import Timer, Timers
from gateway.transport.exchange import Request, Response, Transport
from gateway.transport.streamed import StreamedResponse


class Passage(Request):
    """One request on its way through, and from the head of its answer on the answer.

    ``content`` is the request's body as it comes, ``length`` its bytes if they are known (else it goes in
    chunks). ``idle_timeout``, in seconds, bounds the wait for each piece of the answer.
    """

    __slots__ = ("_asked", "_held", "_theirs", "answer", "content", "idle_timeout", "length")

    def __init__(
        self,
        method: str,
        target: bytes,
        headers: bytes,
        idle_timeout: float,
        content: AsyncIterable[bytes] | None = None,
        length: int | None = None,
    ) -> None:
        super().__init__(method, target, headers)
        self.idle_timeout = idle_timeout
        self.content = content
        self.length = length
        self.answer: StreamedResponse | None = None
        self._held: list[Callable[[], None]] = []
        self._theirs = 0.0
        self._asked: float | None = None

    def hold(self, release: Callable[[], None]) -> bool:
        """Call *release* once the answer is closed; ``False``, and it is the caller's, if there is none."""
        if self.answer is None:
            return False
        self._held.append(release)
        return True

    def close(self) -> None:
        """Take no more of the answer, and give back what was held for it. Harmless if there is none."""
        answer, self.answer = self.answer, None
        if answer is not None:
            answer.close()
        while self._held:
            self._held.pop()()

    def theirs(self, now: float) -> float:
        """Seconds that were spent in waiting for the client to send its body."""
        return self._theirs + (0.0 if self._asked is None else now - self._asked)

    async def pieces(self, call: Call, timer: Timer, clock: Callable[[], float]) -> AsyncIterator[bytes]:
        """The body, with the attempt's *timer* at rest while the client is waited for."""
        assert self.content is not None
        self._waits(call, timer, clock())
        async for piece in self.content:
            self._waited(call, timer, clock())
            yield piece
            self._waits(call, timer, clock())
        self._waited(call, timer, clock())

    def _waits(self, call: Call, timer: Timer, now: float) -> None:
        self._asked = now
        timer.stop(call)

    def _waited(self, call: Call, timer: Timer, now: float) -> None:
        if self._asked is not None:
            self._theirs += now - self._asked
            self._asked = None
        if self.answer is None:  # else it has come already: no attempt is being timed any more
            timer.start(call)


def passing_source(
    transport: Transport,
    timers: Timers,
    *,
    propagate: bool,
    clock: Callable[[], float],
    wall_clock: Callable[[], float] = time.time,
) -> Source:
    """A source whose payloads are ``Passage``; the arguments are those of ``http_source``.

    The outcome of an answer is without a body: it stands in ``Passage.answer``, also where the status makes
    a failure of it.
    """

    async def passed(call: Call) -> Outcome:
        passage: Passage = call.payload
        content = None
        if passage.content is not None:
            content = passage.pieces(call, timers.of(call.timeout), clock)
        answer = await transport.stream(
            passage,
            propagated(call, clock()) if propagate else b"",
            call,
            idle_timeout=passage.idle_timeout,
            body=content,
            length=passage.length,
        )
        if isinstance(answer, Failure):
            return answer
        passage.answer = answer
        if answer.status < 400:
            return Success(b"", status=answer.status)
        return classified(Response(answer.status, answer.headers, b""), wall_clock)

    return passed
