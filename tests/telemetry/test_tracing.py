"""What is recorded, what of that becomes spans, and what neither costs."""

import subprocess
import sys

import pytest

from gateway.call import Trace
from gateway.outcome import Cause, Failure
from gateway.telemetry.sampling import Sampling
from gateway.telemetry.tracing import EXAMPLES, Tracing
from tests.support.pipelines import KeptPipeline
from tests.support.processes import ROOT

ALL = frozenset({"degraded", "failed", "slow"})


class Scene:
    """Tracing at a clock that is set."""

    def __init__(self, ratio=0.0, keep=frozenset(), room=100, **rest):
        self.now = 10.0
        self.pipeline = KeptPipeline(room)
        self.examples = []
        self.tracing = Tracing(
            Sampling(ratio),
            frozenset(keep),
            clock=lambda: self.now,
            random=lambda: 0.5,
            exported=self.examples.append,
            **{"make": lambda: self.pipeline, **rest},
        )
        self.tracing.open()

    def request(self, parent=None, flags="00"):
        trace = Trace("0af7651916cd43dd8448eb211c80319c", flags, "r-1", "", "a=1")
        self.tracing.begin(trace, parent)
        return trace

    def counts(self):
        return {labels[0]: value for labels, value in self.tracing.samples()}


def test_request_that_is_not_sampled_is_not_recorded_and_upstreams_are_told_so():
    trace = Scene(ratio=0.1).request(flags="01")

    assert (trace.recording, trace.flags) == (None, "00")


def test_sampled_request_is_recorded_with_all_its_ids_and_upstreams_are_told_so():
    trace = Scene(ratio=0.6).request()

    recording = trace.recording
    assert trace.flags == "01"
    assert (recording.trace_id, recording.request_id, recording.tracestate) == (trace.trace_id, "r-1", "a=1")
    assert recording.sampled


def test_what_a_trusted_client_says_is_done_and_passed_on():
    scene = Scene(ratio=0.0)

    assert scene.request(parent=True).recording is not None
    assert scene.request(parent=False, flags="00").recording is None


def test_gateway_that_does_not_trace_passes_on_what_a_trusted_client_says():
    trace = Scene(make=None, ratio=1.0).request(parent=True, flags="01")

    assert (trace.recording, trace.flags) == (None, "01")


def test_sampled_recordings_are_handed_over_at_their_end():
    scene = Scene(ratio=1.0)
    recording = scene.request().recording
    assert scene.pipeline.taken == []

    recording.finish()

    assert scene.pipeline.taken == [(recording, None)]


@pytest.mark.parametrize("why", sorted(ALL))
@pytest.mark.parametrize("keep", [{"degraded"}, {"failed"}, {"slow"}, ALL])
def test_unsampled_recordings_are_handed_over_if_they_are_of_a_kind_to_be_kept(why, keep):
    scene = Scene(keep=keep)
    trace = scene.request()
    setattr(trace.recording, why, True)

    trace.recording.finish()

    assert trace.flags == "00"  # nobody knew it when upstreams were called
    assert [each.why for each, _ in scene.pipeline.taken] == ([why] if why in keep else [])


def test_unremarkable_request_is_thrown_away_at_its_end():
    scene = Scene(keep=ALL)

    scene.request().recording.finish()

    assert scene.pipeline.taken == []


def test_what_ends_after_its_request_is_handed_over_by_itself():
    scene = Scene(ratio=1.0)
    recording = scene.request().recording
    call = recording.begin_call("orders", 10.0)
    recording.finish()

    recording.end(call, Failure(Cause.TIMEOUT), 11.0)

    assert scene.pipeline.taken == [(recording, None), (recording, call)]


def test_what_finds_no_room_is_dropped_and_counted_span_by_span():
    scene = Scene(ratio=1.0, room=1)
    for _ in range(2):
        recording = scene.request().recording
        recording.begin_call("orders", 10.0)
        recording.finish()

    assert len(scene.pipeline.taken) == 1
    assert scene.counts() == {"exported": 1, "failed": 0, "dropped": 2}


def test_debugged_request_is_recorded_but_not_told_of():
    scene = Scene(make=None)
    trace = scene.request()

    scene.tracing.debug(trace, hosts=True)
    trace.recording.finish()

    assert (trace.recording.debug, trace.recording.hosts) == (True, True)
    assert scene.pipeline.taken == []


def test_debugged_request_that_is_sampled_too_has_one_recording():
    scene = Scene(ratio=1.0)
    trace = scene.request()
    recording = trace.recording

    scene.tracing.debug(trace, hosts=False)

    assert trace.recording is recording


def test_examples_are_told_of_now_and_then_only():
    scene = Scene(ratio=1.0)
    for _ in range(3):
        scene.request().recording.finish()
    scene.now += EXAMPLES
    scene.request().recording.finish()

    assert len(scene.examples) == 2


async def test_closing_closes_the_way_out_and_opening_makes_a_new_one():
    scene = Scene(ratio=1.0)

    await scene.tracing.close()
    assert scene.pipeline.closed
    scene.tracing.open()
    scene.request().recording.finish()

    assert len(scene.pipeline.taken) == 1


def test_gateway_that_does_not_trace_never_imports_the_library():
    # The redis library brings in a part of it by itself, that for metrics.
    never = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "gateway.telemetry.spans")
    code = f"import sys, gateway.app; sys.exit(any(m.startswith({never}) for m in sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
