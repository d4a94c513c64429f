"""Recordings for tests: a sink that keeps what it is given, and requests that are recorded."""

from gateway.call import Trace
from gateway.recording import Recording

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


class KeptRecordings:
    """Keeps everything, unless *keep* is false. ``late`` are (recording, record) that ended afterwards."""

    def __init__(self, keep=True):
        self.keep = keep
        self.recordings = []
        self.told_late = []

    def ended(self, recording):
        self.recordings.append(recording)
        return self.keep

    def late(self, recording, record):
        self.told_late.append((recording, record))


def recorded_trace(sink, clock, **rest):
    """The trace of a request that is recorded."""
    trace = Trace(TRACE_ID, "01", "r-1", "b7ad6b7169203331")
    wall_clock = rest.pop("wall_clock", lambda: 1_000_000.0)
    trace.recording = Recording(
        TRACE_ID, trace.parent_id, sink=sink, clock=clock, wall_clock=wall_clock, **{"sampled": True, **rest}
    )
    return trace


def kinds(recording):
    """What a recording holds, in order: (kind, step, how it ended)."""
    return [(r.kind.value, r.name, str(r.cause or r.freshness) or "under way") for r in recording.records]
