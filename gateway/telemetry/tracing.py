"""Decides which requests are recorded and which recordings become spans; hands those over, and never waits.

Rules of the file:
1. Nothing of OpenTelemetry is imported before ``open``: a gateway that does not trace pays neither its memory
   nor its start-up.
2. What is handed over is the recording itself, when its answer is out; a thread sends what becomes of it.
3. Bounded: what would be too much is dropped and counted, newest first.
4. ``keep`` needs a recording of every request, most of which are thrown away at their end; upstreams are told
   only of those that are sampled, as the others' fate is not known when they are called.
"""

from __future__ import annotations

import random as _random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from gateway.call import Trace
from gateway.recording import Record, Recording
from gateway.telemetry.sampling import Sampling

if TYPE_CHECKING:
    from gateway.telemetry.exporting import Pipeline

NOTHING: Final = Sampling(0.0, parent_based=False)
"""No request is sampled."""

DEGRADED: Final = "degraded"
FAILED: Final = "failed"
SLOW: Final = "slow"

FLUSH: Final = 2.0
"""Seconds that spans get to reach their receiver when the gateway closes."""

EXAMPLES: Final = 0.1
"""Seconds between two recordings that *exported* is told of: an example for people costs 10 µs."""

_SAMPLED: Final = "01"
_UNSAMPLED: Final = "00"


class MissingExporterError(ModuleNotFoundError):
    """Traces are wanted, and what would send them is not installed; says what to install."""


class Tracing:
    """The tracing of one gateway. *keep* ⊂ degraded, failed, slow: what is told of though not sampled.

    *make* builds the pipeline to an exporter when the gateway opens; ``None``: there is none, and requests
    are recorded only for who asks to debug them. *exported* is told of some that are handed over.
    """

    def __init__(
        self,
        sampling: Sampling = NOTHING,
        keep: frozenset[str] = frozenset(),
        *,
        clock: Callable[[], float],
        make: Callable[[], Pipeline] | None = None,
        random: Callable[[], float] = _random.random,
        exported: Callable[[Recording], None] | None = None,
    ) -> None:
        self.sampling = sampling if make is not None else NOTHING
        self.keep = keep if make is not None else frozenset()
        self.dropped = 0
        self._make = make
        self._clock = clock
        self._random = random
        self._exported = exported
        self._next_example = 0.0
        self._pipeline: Pipeline | None = None

    def begin(self, trace: Trace, parent: bool | None) -> None:  # noqa: FBT001 - yes, no, or nothing said
        """Decide whether the request of *trace* is sampled and recorded; *parent* as in ``Sampling``."""
        sampled = self.sampling.sampled(self._random, parent)
        if self._make is not None:
            trace.flags = _SAMPLED if sampled else _UNSAMPLED
        if sampled or self.keep:
            trace.recording = self._recording(trace, sampled=sampled)

    def debug(self, trace: Trace, *, hosts: bool) -> None:
        """The answer tells how it was made, with *hosts* also where upstreams are."""
        recording = trace.recording or self._recording(trace, sampled=False)
        recording.debug, recording.hosts = True, hosts
        trace.recording = recording

    def _recording(self, trace: Trace, *, sampled: bool) -> Recording:
        recording = Recording(trace.trace_id, trace.parent_id, sink=self, clock=self._clock, sampled=sampled)
        recording.request_id = trace.request_id
        recording.tracestate = trace.tracestate
        return recording

    def ended(self, recording: Recording) -> bool:
        """Hand *recording* over if it is to be told of."""
        if not recording.sampled and not self._keeps(recording):
            return False
        self._hand_over(recording, None)
        if self._exported is not None and recording.ended >= self._next_example:
            self._next_example = recording.ended + EXAMPLES
            self._exported(recording)
        return True

    def late(self, recording: Recording, record: Record) -> None:
        """Hand over what ended after its request."""
        self._hand_over(recording, record)

    def _keeps(self, recording: Recording) -> bool:
        keep = self.keep
        if not keep:
            return False
        if recording.failed and FAILED in keep:
            recording.why = FAILED
        elif recording.degraded and DEGRADED in keep:
            recording.why = DEGRADED
        elif recording.slow and SLOW in keep:
            recording.why = SLOW
        return bool(recording.why)

    def _hand_over(self, recording: Recording, record: Record | None) -> None:
        if self._pipeline is None or not self._pipeline.take(recording, record):
            self.dropped += 1 + len(recording.records) if record is None else 1

    def open(self) -> None:
        """Get ready to export. Raises ``MissingExporterError``."""
        if self._make is not None and self._pipeline is None:
            self._pipeline = self._make()

    async def close(self) -> None:
        """Export what is waiting, within ``FLUSH`` seconds."""
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            await pipeline.close(FLUSH)

    @property
    def on(self) -> bool:
        """Whether it has anything to decide."""
        return self._make is not None

    def samples(self) -> Iterator[tuple[tuple[str], float]]:
        """Spans by what became of them; those dropped were never made, as there was no room for them."""
        exported, failed = (0, 0) if self._pipeline is None else self._pipeline.counts()
        yield ("exported",), exported
        yield ("failed",), failed
        yield ("dropped",), self.dropped
