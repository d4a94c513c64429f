"""The header lines that carry a request's identity and remaining time to an upstream."""

from __future__ import annotations

from random import getrandbits

from gateway.call import Call


def propagated(call: Call, now: float) -> bytes:
    """Header lines for this attempt: a new parent id, and the milliseconds left of the request's time.

    ``trace`` comes checked from the edge: header text without line breaks. *now* is on the clock of
    ``call.deadline``; what is left is rounded down and never negative.
    """
    trace = call.trace
    left = int((call.deadline - now) * 1000)
    # All zeros would be an invalid parent id.
    lines = (
        f"traceparent: 00-{trace.trace_id}-{getrandbits(64) or 1:016x}-{trace.flags}\r\n"
        f"x-request-id: {trace.request_id}\r\n"
        f"x-request-timeout-ms: {max(0, left)}\r\n"
    )
    if trace.tracestate:
        lines += f"tracestate: {trace.tracestate}\r\n"
    if trace.baggage:
        lines += f"baggage: {trace.baggage}\r\n"
    return lines.encode("latin-1")
