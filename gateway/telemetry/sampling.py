"""Which requests are traced: the file's word or that of the ``OTEL_*`` variables, and a trusted client's.

The decision does not hang on the trace id, as OpenTelemetry's own sampler's does: clients we do not trust may
choose their trace id, and with it they would choose to be traced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.telemetry import events
from gateway.telemetry.log import Log

_log = Log("gateway.telemetry")

_PARENT: Final = "parentbased_"
_RATIOS: Final = {"always_on": 1.0, "always_off": 0.0, "traceidratio": None}


@dataclass(frozen=True, slots=True)
class Sampling:
    """*ratio* of the requests are traced; with *parent_based*, a trusted client that continues a trace
    decides for its requests.
    """

    ratio: float
    parent_based: bool = True

    def sampled(self, random: Callable[[], float], parent: bool | None) -> bool:  # noqa: FBT001 - yes, no, or nothing said
        """Whether to trace a request. *parent*: what a trusted client says of its trace, ``None`` if nothing.

        *random* gives numbers in [0, 1).
        """
        if parent is not None and self.parent_based:
            return parent
        return self.ratio > 0.0 and random() < self.ratio


def disabled(environ: Mapping[str, str]) -> bool:
    """``OTEL_SDK_DISABLED``, or no exporter."""
    off = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return off or environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none"


def sampling_of(environ: Mapping[str, str]) -> Sampling | None:
    """What ``OTEL_TRACES_SAMPLER`` and ``OTEL_TRACES_SAMPLER_ARG`` say; ``None`` if nothing known.

    What is not known is warned of and ignored, as OpenTelemetry's specification asks.
    """
    written = environ.get("OTEL_TRACES_SAMPLER", "").strip()
    if not written:
        return None
    name = written.removeprefix(_PARENT)
    if name not in _RATIOS:
        _log(events.VARIABLE_IGNORED, variable="OTEL_TRACES_SAMPLER", value=written)
        return None
    fixed = _RATIOS[name]
    ratio = _argument(environ.get("OTEL_TRACES_SAMPLER_ARG", "").strip()) if fixed is None else fixed
    return Sampling(ratio, parent_based=written != name)


def _argument(written: str) -> float:
    """A ratio; 1 if nothing is written, by OpenTelemetry's specification."""
    try:
        ratio = float(written or "1")
    except ValueError:
        ratio = -1.0
    if not 0.0 <= ratio <= 1.0:
        _log(events.VARIABLE_IGNORED, variable="OTEL_TRACES_SAMPLER_ARG", value=written)
        return 1.0
    return ratio
