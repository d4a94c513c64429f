"""``telemetry:`` and the ``OTEL_*`` variables → what decides which requests are traced and debugged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

from gateway.config import ABSENT, Config, TelemetrySpec, TracesSpec
from gateway.edge.debug import DebugAccess
from gateway.edge.incoming import Intake
from gateway.telemetry.sampling import Sampling, disabled, sampling_of
from gateway.telemetry.tracing import NOTHING, Tracing

if TYPE_CHECKING:
    from gateway.recording import Recording
    from gateway.telemetry.exporting import Pipeline


def tracing_of(
    config: Config,
    environ: Mapping[str, str],
    clock: Callable[[], float],
    exported: Callable[[Recording], None],
) -> Tracing:
    """The gateway's tracing; *exported* is told of some of the recordings that become spans.

    What stands in the file goes before the environment, but for ``OTEL_SDK_DISABLED`` and
    ``OTEL_TRACES_EXPORTER=none``: whoever starts a process must be able to keep it quiet.
    """
    decided = None if disabled(environ) else _decided(config.telemetry, environ)
    if decided is None:
        return Tracing(clock=clock)
    return Tracing(*decided, clock=clock, make=_make, exported=exported)


def intake_of(config: Config, tracing: Tracing) -> Intake:
    """What reads the requests' headers. Where nothing can be traced or debugged, nothing is asked for it."""
    server, debug = config.server, config.telemetry.debug
    access = None
    if debug is not None and (debug.secret or debug.loopback):
        access = DebugAccess(debug.secret, loopback=debug.loopback)
    recorder = tracing if tracing.on or access is not None else None
    return Intake(map(str, server.trust), server.timeout_header, recorder, access)


def _decided(spec: TelemetrySpec, environ: Mapping[str, str]) -> tuple[Sampling, frozenset[str]] | None:
    said = sampling_of(environ)
    traces = spec.traces
    if isinstance(traces, TracesSpec):
        sampling = Sampling(traces.ratio) if traces.ratio is not None else said or Sampling(0.0)
        return sampling, frozenset(traces.keep)
    if traces is not ABSENT or said is None or said == NOTHING:
        return None
    return said, frozenset()


def _make() -> Pipeline:
    # Imported here and not above: only gateways that trace pay for the library.
    from gateway.telemetry.exporting import pipeline  # noqa: PLC0415

    return pipeline(version("fanin-gateway"))
