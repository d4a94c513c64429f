"""HTTP upstreams: one attempt over a transport, its answer classified, its body checked.

Statuses end here. What each becomes is the table in docs/contract.md section 1.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from gateway.buffered import Buffered
from gateway.call import Call, Source, Waiter
from gateway.outcome import Cause, Failure, Freshness, Outcome, Success
from gateway.sources.bodies import checked
from gateway.sources.decoded import DecodedRequest, decoded
from gateway.sources.propagation import propagated
from gateway.telemetry.log import note
from gateway.transport.exchange import Response, Transport

if TYPE_CHECKING:
    from gateway.transport.connection import Connection, Result
    from gateway.transport.h1 import H1Transport

_EMPTY: Final = b"null"
_LIVE: Final = Freshness.LIVE
_NO_CONTENT: Final = frozenset({204, 205})


def http_source(
    transport: Transport,
    buffered: Buffered,
    *,
    propagate: bool,
    clock: Callable[[], float],
    wall_clock: Callable[[], float] = time.time,
    keep: frozenset[bytes] = frozenset(),
) -> Source:
    """A source whose payloads are ``transport.exchange.Request``.

    *propagate*: send trace, request id and time left along. *clock* is the loop's, on which deadlines
    lie; *wall_clock* gives seconds since 1970, for a Retry-After that is a date. *keep* are the headers, in
    lower case, that a layer above wants to see in ``Success.meta``. The bytes of a body that goes no further
    than here are given back to *buffered* at once.
    """
    exchange = transport.exchange

    async def http(call: Call) -> Outcome:
        extra = propagated(call, clock()) if propagate else b""
        response = await exchange(call.payload, extra, call)
        outcome = outcome_of(response, call, buffered, wall_clock)
        if keep and isinstance(outcome, Success) and isinstance(response, Response):
            outcome.meta = kept(response, keep)
        return outcome

    return http


class HttpWire:
    """The same source in two halves, for attempts that are begun and ended without a coroutine.

    See ``plan.direct.Wire``; the arguments are those of ``http_source``.
    """

    __slots__ = ("_begin", "_buffered", "_clock", "_end", "_exchange_anew", "_propagate", "_wall_clock")

    def __init__(
        self,
        transport: H1Transport,
        buffered: Buffered,
        *,
        propagate: bool,
        clock: Callable[[], float],
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._begin = transport.begin
        self._end = transport.end
        self._exchange_anew = transport.exchange_anew
        self._buffered = buffered
        self._propagate = propagate
        self._clock = clock
        self._wall_clock = wall_clock

    def begin(self, call: Call, now: float, waiter: Waiter) -> Connection | None:
        """Send the call; ``None``, and nothing done, if that would have to wait."""
        return self._begin(call.payload, propagated(call, now) if self._propagate else b"", call, waiter)

    def end(self, connection: Connection, result: Result, call: Call) -> Outcome | None:
        """What the waiter's *result* means; ``None``: nothing, and ``anew`` is to be asked."""
        self._end(connection)
        return None if result is None else outcome_of(result, call, self._buffered, self._wall_clock)

    async def anew(self, call: Call) -> Outcome:
        """The same attempt from its beginning, waiting for a connection as long as it may."""
        extra = propagated(call, self._clock()) if self._propagate else b""
        response = await self._exchange_anew(call.payload, extra, call)
        return outcome_of(response, call, self._buffered, self._wall_clock)


def outcome_of(
    response: Response | Failure, call: Call, buffered: Buffered, wall_clock: Callable[[], float]
) -> Outcome:
    """How an exchange that ended with *response* ended for its call."""
    if isinstance(response, Failure):
        return _let_go(response, call, buffered)
    status = response.status
    if 200 <= status < 300:
        body = response.body
        if not body or status in _NO_CONTENT:
            return Success(_EMPTY, _LIVE, None, status)
        is_json = call.payload.__class__ is not DecodedRequest
        document = checked(body) if is_json else decoded(response, call, buffered)
        if not isinstance(document, Failure):
            return Success(document, _LIVE, None, status)
        failure = _explained(document, response)
    else:
        failure = classified(response, wall_clock)
    return _let_go(failure, call, buffered)


def _let_go(failure: Failure, call: Call, buffered: Buffered) -> Failure:
    """*failure*, now that nothing is held of the body it came with."""
    if call.held:
        buffered.give(call.held)
        call.held = 0
    return failure


def classified(response: Response, wall_clock: Callable[[], float]) -> Failure:
    """The failure that an answer other than 2xx is."""
    status = response.status
    detail = f"HTTP {status}"
    if status == 429:
        return Failure(Cause.THROTTLED, detail, status, _retry_after(response, wall_clock))
    if status < 500:
        return Failure(Cause.REJECTED, detail, status)
    return Failure(Cause.FAILED, detail, status, _retry_after(response, wall_clock))


def _explained(failure: Failure, response: Response) -> Failure:
    coding = response.header(b"content-encoding")
    if coding is None:
        return failure
    named = note(coding.decode("latin-1"))
    detail = f"content-encoding '{named}', which was not asked for (see `compression:`)"
    return Failure(Cause.UNREADABLE, detail, response.status)


def kept(response: Response, keep: frozenset[bytes]) -> dict[bytes, bytes]:
    """Those of the headers that are to be kept, several lines of one joined by commas."""
    found: dict[bytes, bytes] = {}
    for name, value in response.headers:
        lower = name.lower()
        if lower in keep:
            value = value.strip(b" \t")  # noqa: PLW2901 - white space may follow a value (see Response)
            found[lower] = found[lower] + b", " + value if lower in found else value
    return found


def _retry_after(response: Response, wall_clock: Callable[[], float]) -> float | None:
    """Seconds to wait, from either form of Retry-After (RFC 9110 section 10.2.3); garbage is ignored."""
    value = response.header(b"retry-after")
    if value is None:
        return None
    text = value.decode("latin-1").strip()
    if text.isdecimal():
        return float(text) if len(text) <= 9 else None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter for a time zone of twenty digits
        return None
    if date.tzinfo is None:  # "-0000", which means UTC
        date = date.replace(tzinfo=UTC)
    return max(0.0, date.timestamp() - wall_clock())
