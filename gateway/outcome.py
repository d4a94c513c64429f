"""How a call can end: with a body, or with one of thirteen named causes.

    Outcome
    ├── Success   a body (checked JSON bytes), and how fresh it is
    └── Failure   a Cause:
        the upstream's trouble   timeout  unreachable  incomplete  failed  throttled
                                 rejected  unreadable  too_large
        our own refusal          circuit_open  bulkhead_full
        nobody's outage          out_of_time  skipped  internal

Rules of the file:
1. An expected failure is a value; only bugs are exceptions.
2. The source classifies; layers test membership in the sets below and never read a status code.
3. The sets are the table in docs/contract.md section 1, and the test of this file is that table.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Any, Final

import msgspec

_decode = msgspec.json.Decoder().decode
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Cause(StrEnum):
    """Why a call did not answer."""

    TIMEOUT = "timeout"
    """The attempt timeout ran out after sending began."""
    UNREACHABLE = "unreachable"
    """DNS, connect or TLS failed or timed out; nothing was sent."""
    INCOMPLETE = "incomplete"
    """The connection was lost after sending began."""
    FAILED = "failed"
    """The upstream answered 5xx."""
    THROTTLED = "throttled"
    """The upstream answered 429."""
    REJECTED = "rejected"
    """The upstream answered another 4xx, or a redirect (never followed)."""
    UNREADABLE = "unreadable"
    """The answer is not JSON, not UTF-8, too deep, or badly framed."""
    TOO_LARGE = "too_large"
    """The answer is over ``max_response``."""
    CIRCUIT_OPEN = "circuit_open"
    """Our breaker refused the call."""
    BULKHEAD_FULL = "bulkhead_full"
    """No slot, connection or buffer space was free in time."""
    OUT_OF_TIME = "out_of_time"
    """The request's own time ran out, or its client left."""
    INTERNAL = "internal"
    """A bug of ours, or a fault in a Python step."""
    SKIPPED = "skipped"
    """A step this one needs did not answer, or the field it needs is missing."""


REFUSED: Final = frozenset({Cause.CIRCUIT_OPEN, Cause.BULKHEAD_FULL})
"""We said no; the upstream was not asked."""

UNHEALTHY: Final = frozenset(
    {Cause.TIMEOUT, Cause.UNREACHABLE, Cause.INCOMPLETE, Cause.FAILED, Cause.UNREADABLE}
)
"""Counted against the upstream by its breaker (but see ``NOT_IMPLEMENTED``)."""

ALIVE: Final = frozenset({Cause.REJECTED})
"""A failure for the client, a sign of life for the breaker."""

RETRYABLE: Final = frozenset({Cause.TIMEOUT, Cause.UNREACHABLE, Cause.INCOMPLETE, Cause.FAILED})
"""Worth another attempt of a repeatable call. (``throttled`` only if its Retry-After fits the deadline.)"""

UNSENT: Final = frozenset({Cause.UNREACHABLE})
"""Nothing reached the upstream: another attempt is safe whatever the method."""

STALE_MAY_STAND_IN: Final = frozenset(Cause) - {Cause.REJECTED, Cause.INTERNAL, Cause.SKIPPED}
"""A stale copy may be served instead."""

NOT_IMPLEMENTED: Final = frozenset({501, 505})
"""5xx statuses that describe the request, not the upstream's health: neutral for the breaker."""


class Freshness(StrEnum):
    """Where a body comes from, best first."""

    LIVE = "live"
    CACHED = "cached"
    STALE = "stale"
    PARTIAL = "partial"
    """A list some of whose items are missing."""
    FALLBACK = "fallback"
    NOT_CHOSEN = "not_chosen"
    """No body at all: the step was not to be called, as its ``when:`` does not hold."""


class Verdict(Enum):
    """What one attempt says about the upstream's health."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"


class Success:
    """A body: the bytes of one checked JSON document.

    ``cause`` is set only if the body, or a part of it, stands in for a failure (stale, partial or fallback);
    that, and only that, makes a step degraded. ``meta`` holds the few upstream headers a layer above needs.
    """

    __slots__ = ("_data", "_members", "body", "cause", "freshness", "meta", "status")

    def __init__(
        self,
        body: bytes,
        freshness: Freshness = Freshness.LIVE,
        cause: Cause | None = None,
        status: int = 200,
        meta: dict[bytes, bytes] | None = None,
    ) -> None:
        self.body = body
        self.freshness = freshness
        self.cause = cause
        self.status = status
        self.meta = meta
        self._members: dict[str, msgspec.Raw] | None = None

    @property
    def data(self) -> Any:
        """The decoded body; decoded once, and only if somebody asks."""
        try:
            return self._data
        except AttributeError:
            self._data: Any = _decode(self.body)
            return self._data

    @property
    def members(self) -> dict[str, msgspec.Raw]:
        """The body's top level, its values still bytes; empty if it is no object. Decoded once."""
        members = self._members
        if members is None:
            try:
                members = _decode_members(self.body)
            except (msgspec.ValidationError, RecursionError):
                members = {}
            self._members = members
        return members

    def __repr__(self) -> str:
        instead = f" instead of {self.cause}" if self.cause else ""
        return f"<Success {self.freshness}{instead}, {len(self.body)} bytes>"


class Failure:
    """A named failure. ``detail`` is for logs and operators, never for clients.

    ``status`` is the upstream's HTTP status where it gave one, ``retry_after`` seconds.
    ``need`` is set on ``skipped`` only: the failure of the step that was needed.
    """

    __slots__ = ("cause", "detail", "need", "retry_after", "status")

    def __init__(
        self,
        cause: Cause,
        detail: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        need: Failure | None = None,
    ) -> None:
        self.cause = cause
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
        self.need = need

    @property
    def root(self) -> Failure:
        """The failure at the start of a chain of skipped steps."""
        failure = self
        while failure.need is not None:
            failure = failure.need
        return failure

    def __repr__(self) -> str:
        status = f" {self.status}" if self.status else ""
        return f"<Failure {self.cause}{status}{': ' + self.detail if self.detail else ''}>"


Outcome = Success | Failure

NOT_CHOSEN: Final = Success(b"null", Freshness.NOT_CHOSEN)
"""What a step ends with that is not to be called; known by identity, and neither an answer nor a failure."""

ANOTHER_WON: Final = Failure(Cause.OUT_OF_TIME, "another attempt answered first")
"""Cuts the attempts that lost to a hedge; known by identity, and no evidence about the upstream."""


def verdict(outcome: Outcome) -> Verdict:
    """What *outcome* says about the upstream's health (docs/contract.md section 1, column breaker)."""
    if outcome.__class__ is Success:
        return Verdict.SUCCESS
    assert isinstance(outcome, Failure)
    cause = outcome.cause
    if cause in UNHEALTHY:
        return Verdict.NEUTRAL if outcome.status in NOT_IMPLEMENTED else Verdict.FAILURE
    return Verdict.SUCCESS if cause in ALIVE else Verdict.NEUTRAL
