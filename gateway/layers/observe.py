"""How long calls and attempts take, and how they end: everything a meter needs, however they end.

The same layers write the recording of a request that has one. Nearly none has, so what they do for it is in
``Recording``, and here is one question whether there is any.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from typing import Final, Protocol

from gateway.call import Call, Layer, Source
from gateway.outcome import Cause, Failure, Outcome
from gateway.recording import Kind, Peer, Record, Recording
from gateway.transport.exchange import Request

CANCELLED: Final = Failure(Cause.OUT_OF_TIME, "cancelled")
"""What a meter is told of a call whose task was cancelled or torn down."""

BUG: Final = Failure(Cause.INTERNAL, "an exception")
"""What a meter is told of a call that raised."""


class Meter(Protocol):
    """Where measurements go. Must neither block nor raise."""

    def record(self, outcome: Outcome, seconds: float) -> None:
        """One call or attempt ended as *outcome* after *seconds*."""


def observing_calls(meter: Meter, clock: Callable[[], float]) -> Layer:
    """Record every call in *meter*, and its time in ``call.elapsed``."""

    def wrap(inner: Source) -> Source:
        async def observed(call: Call) -> Outcome:
            started = clock()
            recording = call.trace.recording
            record = None if recording is None else recording.begin_call(call.step, started)
            outcome: Outcome = BUG
            try:
                outcome = await inner(call)
            except (CancelledError, GeneratorExit):
                outcome = CANCELLED
                raise
            finally:
                now = clock()
                call.elapsed = now - started
                meter.record(outcome, call.elapsed)
                if record is not None and recording is not None:
                    recording.end(record, outcome, now)
            return outcome

        return observed

    return wrap


def observing_attempts(meter: Meter, clock: Callable[[], float], peer: Peer | None = None) -> Layer:
    """Record every attempt in *meter*, also those that our own breaker or bulkhead refused.

    *peer* is whom they are made at, for recordings.
    """

    def wrap(inner: Source) -> Source:
        async def observed(attempt: Call) -> Outcome:
            started = clock()
            recording = attempt.trace.recording
            record = None if recording is None else _begun(attempt, recording, peer, started)
            outcome: Outcome = BUG
            try:
                outcome = await inner(attempt)
            except (CancelledError, GeneratorExit):
                outcome = CANCELLED
                raise
            finally:
                now = clock()
                meter.record(outcome, now - started)
                if record is not None and recording is not None:
                    recording.end(record, outcome, now)
            return outcome

        return observed

    return wrap


def begin_both(call: Call, recording: Recording, peer: Peer | None, started: float) -> tuple[Record, Record]:
    """The records of *call* and of its first attempt, where both are made without layers."""
    record = recording.begin_call(call.step, started)
    attempt = Record(Kind.ATTEMPT, call.step, record.span_id, started)
    recording.records.append(attempt)
    _describe(attempt, call, peer)
    return record, attempt


def _begun(attempt: Call, recording: Recording, peer: Peer | None, started: float) -> Record:
    """The record of *attempt*."""
    record = recording.begin(Kind.ATTEMPT, attempt.step, started)
    record.attempt = attempt.attempt
    record.hedge = attempt.hedge
    _describe(record, attempt, peer)
    return record


def _describe(record: Record, attempt: Call, peer: Peer | None) -> None:
    """What is known of *attempt* at once; from here on its span is the parent that the upstream is told."""
    record.peer = peer
    payload = attempt.payload
    if isinstance(payload, Request):
        record.method = payload.method
        record.target = payload.target
    else:
        record.method = getattr(payload, "operation", "")  # what a database is asked to do
    attempt.span_id = record.span_id
