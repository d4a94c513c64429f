"""HTTP upstreams: one attempt over a transport, its answer classified, its body checked.

Statuses end here. What each becomes is the table in docs/contract.md section 1.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from gateway.buffered import Buffered
from gateway.call import Call, Source
from gateway.outcome import Cause, Failure, Freshness, Outcome, Success
from gateway.sources.bodies import checked
from gateway.sources.propagation import propagated
from gateway.transport.exchange import Response, Transport

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
) -> Source:
    """A source whose payloads are ``transport.exchange.Request``.

    *propagate*: send trace, request id and time left along. *clock* is the loop's, on which deadlines
    lie; *wall_clock* gives seconds since 1970, for a Retry-After that is a date. The bytes of a body
    that goes no further than here are given back to *buffered* at once.
    """
    exchange = transport.exchange

    async def http(call: Call) -> Outcome:
        extra = propagated(call, clock()) if propagate else b""
        response = await exchange(call.payload, extra, call)
        if isinstance(response, Failure):
            return response
        status = response.status
        if 200 <= status < 300:
            body = response.body
            if not body or status in _NO_CONTENT:
                return Success(_EMPTY, _LIVE, None, status)
            document = checked(body)
            if not isinstance(document, Failure):
                return Success(document, _LIVE, None, status)
            failure = _explained(document, response)
        else:
            failure = classified(response, wall_clock)
        if call.held:
            buffered.give(call.held)
            call.held = 0
        return failure

    return http


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
    detail = f"content-encoding {coding.decode('latin-1')!r}, which was not asked for (see `compression:`)"
    return Failure(Cause.UNREADABLE, detail, response.status)


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
