"""The three words everything else is made of: a call, a source that answers it, a layer around a source.

A **source** is any async function from call to outcome; a **layer** takes a source and returns a
source; ``stack`` puts layers around a source, once, at start-up.

Rules of the file:
1. Sources and layers return outcomes. They raise only for bugs, and let cancellation through.
2. Running out of time is an outcome that arrives first, not a cancellation: whoever waits for
   something on behalf of a call waits on ``call.waiter``, and ``call.cut`` resolves that wait.
3. One call object is made per step per request; keep it slotted and cheap.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, Protocol

from mypy_extensions import mypyc_attr

from gateway.outcome import Cause, Failure, Outcome
from gateway.recording import Recording


class Waiter(Protocol):
    """What a call waits on: a future, or what behaves like one."""

    def done(self) -> bool:
        """There is a result already."""

    def set_result(self, result: Any, /) -> None:
        """End the wait with *result*."""


TIME_HEADER: Final = "x-request-timeout-ms"
"""The header that says how much time is left, in milliseconds, unless a gateway has another name for it."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Trace:
    """What identifies a request on its way: W3C trace context, baggage and the request id.

    ``trace_id`` is 32 hex digits, ``flags`` two, ``parent_id`` the client's span id or ``""``. Each
    attempt makes a parent id of its own. ``tracestate`` and ``baggage`` are header values or ``""``.
    ``time_header`` names the header by which the gateway and its upstreams tell the time left. ``lines`` is
    for whoever sends it on: rendered once, used by every call of the request. ``recording`` is ``None`` for
    requests that nobody looks at, which is nearly all of them.
    """

    __slots__ = (
        "baggage",
        "flags",
        "lines",
        "parent_id",
        "recording",
        "request_id",
        "time_header",
        "trace_id",
        "tracestate",
    )

    def __init__(
        self,
        trace_id: str,
        flags: str,
        request_id: str,
        parent_id: str = "",
        tracestate: str = "",
        baggage: str = "",
        time_header: str = TIME_HEADER,
    ) -> None:
        self.trace_id = trace_id
        self.flags = flags
        self.request_id = request_id
        self.parent_id = parent_id
        self.tracestate = tracestate
        self.baggage = baggage
        self.time_header = time_header
        self.lines: tuple[bytes, bytes] | None = None
        self.recording: Recording | None = None


class Call:
    """One step's request to its source.

    ``payload`` is in the source's own terms. ``deadline`` is an instant on the loop's clock, and with less
    than ``floor`` seconds left before it nothing starts; ``timeout`` bounds this attempt, in seconds.
    ``identity`` names equal calls (``None``: never shared), and ``siblings`` holds what this request knows of
    its calls by identity. ``inputs`` are the checked parts of the client's request.

    State while it runs: ``sent`` (the first byte left; from then on an unrepeatable call is never
    cut), ``waiter`` (what the call is waiting on now), ``ended`` (the failure that cut it),
    ``held`` (bytes of its bodies counted in ``Buffered``), ``elapsed`` (seconds, once observed),
    ``tried`` (a bit for each of its upstream's addresses that it has been to), ``hedge`` (it is the second
    attempt beside a slow first one), ``span_id`` (of its recorded attempt, the parent that the upstream is
    told; 0: any).
    """

    __slots__ = (
        "attempt",
        "deadline",
        "elapsed",
        "ended",
        "floor",
        "hedge",
        "held",
        "identity",
        "inputs",
        "payload",
        "priority",
        "repeatable",
        "sent",
        "siblings",
        "span_id",
        "step",
        "timeout",
        "trace",
        "tried",
        "waiter",
    )

    def __init__(
        self,
        step: str,
        payload: Any,
        deadline: float,
        timeout: float,
        trace: Trace,
        *,
        repeatable: bool = True,
        inputs: Sequence[Any] = (),
        identity: bytes | None = None,
        siblings: dict[bytes, Any] | None = None,
        priority: int = 0,
        floor: float = 0.0,
    ) -> None:
        self.step = step
        self.payload = payload
        self.deadline = deadline
        self.timeout = timeout
        self.trace = trace
        self.repeatable = repeatable
        self.inputs = inputs
        self.identity = identity
        self.siblings = siblings
        self.priority = priority
        self.floor = floor
        self.attempt = 1
        self.sent = False
        self.tried = 0
        self.hedge = False
        self.span_id = 0
        self.waiter: Waiter | None = None
        self.ended: Failure | None = None
        self.held = 0
        self.elapsed = 0.0

    def twin(self, deadline: float | None = None) -> Call:
        """The same call once more, with a state of its own: for an attempt beside this one, or (with a
        *deadline* of its own) for one that outlives it. Its ``held`` is its maker's to give back.
        """
        twin = Call(
            self.step,
            self.payload,
            self.deadline if deadline is None else deadline,
            self.timeout,
            self.trace,
            repeatable=self.repeatable,
            inputs=self.inputs,
            identity=self.identity,
            siblings=self.siblings,
            priority=self.priority,
            floor=self.floor,
        )
        twin.attempt = self.attempt
        twin.tried = self.tried
        return twin

    def cut(self, failure: Failure) -> None:
        """End the wait this call is in, or the next one it would begin, with *failure*.

        The first cut wins. Idempotent, synchronous; the waiting coroutine resumes by itself and
        releases what it holds.
        """
        if self.ended is None:
            self.ended = failure
        waiter = self.waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(self.ended)

    def expire(self) -> None:
        """Cut this attempt because its timeout ran out (``Timers`` calls this)."""
        if self.sent:
            self.cut(Failure(Cause.TIMEOUT, f"no answer within {self.timeout * 1000:.0f} ms"))
        else:
            self.cut(Failure(Cause.UNREACHABLE, f"not connected within {self.timeout * 1000:.0f} ms"))

    async def wait(self, future: Future[Any]) -> Any:
        """Await *future*; a cut resolves it with a ``Failure`` first. Never raises for a cut."""
        if self.ended is not None:
            return self.ended
        self.waiter = future
        try:
            return await future
        finally:
            self.waiter = None


Source = Callable[[Call], Awaitable[Outcome]]
Layer = Callable[[Source], Source]


async def answered(outcome: Outcome) -> Outcome:
    """What a layer gives back that ends a call without asking further.

    A layer that only looks at a call on its way down is a plain function that returns ``inner(call)``, or
    this: a coroutine frame less for every call (0.1 µs each).
    """
    return outcome


def stack(source: Source, layers: Iterable[Layer]) -> Source:
    """Wrap *source* in *layers*, the first one listed outermost."""
    for layer in reversed(list(layers)):
        source = layer(source)
    return source
