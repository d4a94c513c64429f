"""Leads from durations to traces: each span of an exported recording stands for its bucket.

Written when a recording is exported and nowhere else: what is not sampled pays nothing, and no example leads
to a trace that nobody has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gateway.recording import Kind, Recording
from gateway.telemetry.histogram import Example, Histogram


class Timed(Protocol):
    """A meter that counts durations."""

    @property
    def seconds(self) -> Histogram:
        """By bucket."""


def exemplify(
    recording: Recording,
    requests: Mapping[str, Timed],
    calls: Mapping[tuple[str, str], Timed],
    attempts: Mapping[str, Timed],
) -> None:
    """Note the spans of *recording* at the meters by route, by route and step, and by upstream."""
    route = recording.request.route if recording.request is not None else ""
    _note(requests.get(route), recording, recording.span_id, recording.started, recording.ended)
    for record in recording.records:
        meter: Timed | None = None
        if record.kind is Kind.CALL:
            meter = calls.get((route, record.name))
        elif record.kind is Kind.ATTEMPT and record.peer is not None:
            meter = attempts.get(record.peer.upstream)
        _note(meter, recording, record.span_id, record.started, record.ended)


def _note(meter: Timed | None, recording: Recording, span_id: int, started: float, ended: float) -> None:
    if meter is not None and ended:  # what outlives its request is not over yet
        at = recording.wall_time(ended)
        meter.seconds.exemplify(Example(recording.trace_id, f"{span_id:016x}", ended - started, at))
