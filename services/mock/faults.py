"""Which faults stand, and which of them a request meets.

Rules of the file:
1. A fault's ``path`` is a prefix of whole segments: ``/internal/users`` meets ``/internal/users/7``,
   ``/internal/users/1`` does not meet ``/internal/users/10``. No path means every request.
2. Of several faults on a request's path the longest prefix alone counts. A second fault for the same
   path replaces the first.
3. Paths that start with ``/__`` are never faulted, so a fault can always be taken away again.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

CONTROL: Final = "/__"
MINUTE_MS: Final = 60_000


class Mode(StrEnum):
    """How an answer goes wrong on the wire; ``modes.py`` does it."""

    HANG = "hang"
    RESET = "reset"
    TRUNCATE = "truncate"
    INVALID_JSON = "invalid_json"
    HUGE = "huge"
    DRIP = "drip"
    BAD_LENGTH = "bad_length"


SILENT: Final = frozenset({Mode.HANG, Mode.RESET})
"""Modes that never send a status line."""


class Fault(BaseModel):
    """What goes wrong on one path.

    ``latency_ms`` ± ``jitter_ms`` delays every request, uniformly; ``stall_rate`` of them take ``stall_ms``
    more. ``status`` answers with that status
    and a small JSON body, ``mode`` spoils the answer on the wire, both together spoil the error answer.
    ``error_rate`` is the share of requests that get status or mode; without either it means 500.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Annotated[str, StringConstraints(pattern=r"^/[^?#]*$", max_length=1000)] = "/"
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    latency_ms: Annotated[float, Field(ge=0, le=10 * MINUTE_MS, allow_inf_nan=False)] = 0
    jitter_ms: Annotated[float, Field(ge=0, le=10 * MINUTE_MS, allow_inf_nan=False)] = 0
    stall_ms: Annotated[float, Field(ge=0, le=10 * MINUTE_MS, allow_inf_nan=False)] = 0
    stall_rate: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0
    error_rate: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    mode: Mode | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.path.startswith(CONTROL):
            raise ValueError("paths that start with /__ are never faulted")
        if bool(self.stall_ms) != bool(self.stall_rate):
            raise ValueError("stall_ms and stall_rate go together: how long, and for which share")
        if not (self.status or self.mode or self.is_late) and self.error_rate is None:
            raise ValueError(
                "names no fault: give status, latency_ms, jitter_ms, stall_ms, error_rate or mode"
            )
        if self.status and self.mode in SILENT:
            raise ValueError(f"mode {self.mode} never sends a status; leave out status")
        return self

    @property
    def is_late(self) -> bool:
        """Whether it delays anything."""
        return bool(self.latency_ms or self.jitter_ms or self.stall_ms)

    @property
    def prefix(self) -> str:
        """The path without trailing slashes; empty if it means every request."""
        return self.path.rstrip("/")

    def meets(self, path: str) -> bool:
        """Whether a request for *path* (decoded, without query) gets this fault."""
        prefix = self.prefix
        return path == prefix or path.startswith(prefix + "/")


class Faults:
    """The faults that stand now, by path."""

    def __init__(self) -> None:
        self._standing: dict[str, Fault] = {}

    def put(self, fault: Fault) -> None:
        """Let *fault* stand, in place of any other on the same path."""
        self._standing[fault.prefix] = fault

    def clear(self) -> None:
        """Take every fault away; requests that are suffering one already go on suffering."""
        self._standing.clear()

    def standing(self) -> list[Fault]:
        """Every fault, in the order in which their paths were first given."""
        return list(self._standing.values())

    def of(self, path: str) -> Fault | None:
        """The fault that a request for *path* meets."""
        if path.startswith(CONTROL):
            return None
        met = [fault for fault in self._standing.values() if fault.meets(path)]
        return max(met, key=lambda fault: len(fault.prefix), default=None)
