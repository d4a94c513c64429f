"""Lambda function URLs: HTTP upstreams that take signed requests, with failures of the platform's own.

What each answer becomes is docs/sources/lambda.md. A function URL answers like any HTTP upstream; what the
platform itself refuses says so in ``x-amzn-errortype``.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.sources.http import kept, outcome_of
from gateway.sources.signed import Ending, refused
from gateway.telemetry.log import note
from gateway.transport.exchange import Response
from gateway.transport.signed import error_kind


def url_ending(
    buffered: Buffered,
    *,
    wall_clock: Callable[[], float] = time.time,
    keep: frozenset[bytes] = frozenset(),
) -> Ending:
    """How answers of a function URL end a call; the arguments are those of ``http.http_source``."""

    def ending(response: Response | Failure, call: Call) -> Outcome:
        outcome = outcome_of(response, call, buffered, wall_clock)
        if isinstance(response, Failure):
            return outcome
        if isinstance(outcome, Success):
            if keep:
                outcome.meta = kept(response, keep)
            return outcome
        kind = error_kind(response)
        return _told(outcome, kind) if kind else outcome

    return ending


def _told(failure: Failure, kind: str) -> Failure:
    """*failure*, now that the platform and not the function says so, and calls it *kind*.

    A refused signature or permission is nothing that the function said: the gateway cannot reach it.
    Throttled calls may be tried again even without a Retry-After.
    """
    if failure.status == 403:
        return refused(kind)
    retry_after = failure.retry_after
    if failure.cause is Cause.THROTTLED and retry_after is None:
        retry_after = 0.0  # it was not executed, and another environment may be free in a moment
    return Failure(failure.cause, f"{failure.detail} {note(kind)}", failure.status, retry_after)
