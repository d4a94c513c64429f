"""The header lines that carry a request's identity and remaining time to an upstream."""

from __future__ import annotations

from random import getrandbits

from gateway.call import Call, Trace


def propagated(call: Call, now: float) -> bytes:
    """Header lines for this attempt: its own parent id (a new one, unless its span is recorded), and the
    milliseconds left of the request's time.

    ``trace`` comes checked from the edge: header text without line breaks. *now* is on the clock of
    ``call.deadline``; what is left is rounded down and never negative.
    """
    trace = call.trace
    before, after = trace.lines or _lines(trace)
    left = (call.deadline - now) * 1000
    # All zeros would be an invalid parent id.
    parent_id = call.span_id or getrandbits(64) or 1
    return b"%b%016x%b%d\r\n" % (before, parent_id, after, left if left > 0.0 else 0)


def _lines(trace: Trace) -> tuple[bytes, bytes]:
    """What all attempts of a request have in common, before and after the parent id; made once."""
    lines = f"-{trace.flags}\r\nx-request-id: {trace.request_id}\r\n"
    if trace.tracestate:
        lines += f"tracestate: {trace.tracestate}\r\n"
    if trace.baggage:
        lines += f"baggage: {trace.baggage}\r\n"
    lines += f"{trace.time_header}: "
    trace.lines = f"traceparent: 00-{trace.trace_id}-".encode(), lines.encode("latin-1")
    return trace.lines
