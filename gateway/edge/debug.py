"""The debug header: who may ask how an answer was made, and the header line that tells it.

    gateway-debug: 1                              from this machine itself, where `debug: { loopback: on }`
    gateway-debug: 1795276800.<64 hex digits>     from anywhere, signed with `debug: { secret: … }`

The signature is HMAC-SHA256 of ``gateway-debug 1795276800`` (the instant from which on it is worth nothing,
in seconds since 1970, at most ``LONGEST`` ahead) under the secret.

Rules of the file:
1. Where an upstream is, is told only to this machine itself. A request that came through a proxy did not come
   from this machine, whatever its peer's address says.
2. What is wrong with a header is not said: the answer is as if it had not been there.
3. The line is bounded: proxies refuse answers with long heads, so attempts are left out before that.
"""

from __future__ import annotations

import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from gateway.edge.peer import ip_of
from gateway.outcome import Failure
from gateway.recording import Kind, Record, Recording

if TYPE_CHECKING:
    from gateway.plan.model import Ended

HEADER: Final = b"gateway-debug"
"""The request's header, and the answer's."""

FORWARDED: Final = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"})
"""What a proxy adds."""

LONGEST: Final = 24 * 3600.0
"""Seconds for which a signature may be worth something."""

_MOST: Final = 3072
"""Bytes of the answer's line; nginx refuses heads above 4 KiB by default."""

_SIGNED: Final = re.compile(rb"([0-9]{1,12})\.([0-9a-f]{64})").fullmatch


class DebugAccess:
    """Who may debug. *secret* signs headers (``None``: no signature counts); *loopback*: this machine may.

    *wall_clock* gives seconds since 1970.
    """

    def __init__(
        self, secret: str | None, *, loopback: bool, wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._secret = secret.encode() if secret else None
        self._loopback = loopback
        self._wall_clock = wall_clock

    def is_local(self, found: Mapping[bytes, bytes], client: tuple[str, int] | None) -> bool:
        """Whether a request with these headers came from this machine itself, and that counts."""
        if not self._loopback or client is None or not _is_this_machine(client[0]):
            return False
        return FORWARDED.isdisjoint(found)

    def is_signed(self, value: bytes) -> bool:
        """Whether *value* bears a good signature that has not expired."""
        parts = _SIGNED(value.strip())
        if self._secret is None or parts is None:
            return False
        if not 0.0 < int(parts[1]) - self._wall_clock() <= LONGEST:
            return False
        return hmac.compare_digest(signature(self._secret, int(parts[1])).encode(), parts[2])


def _is_this_machine(address: str) -> bool:
    ip = ip_of(address)
    return ip is not None and ip.is_loopback


def signature(secret: bytes, until: int) -> str:
    """The signature that is good *until* then, in seconds since 1970."""
    return hmac.digest(secret, b"gateway-debug %d" % until, "sha256").hex()


def debug_line(run: Ended, recording: Recording, now: float) -> bytes:
    """The answer's header line: the plan as it ran, and every attempt, times in milliseconds."""
    told = _told(run, recording, now)
    line = _line(told)
    if len(line) > _MOST:
        for step in told["steps"]:
            if "attempts" in step:
                step["attempts"] = len(step["attempts"])
        line = _line(told)
    if len(line) > _MOST:
        line = _line({"route": told["route"], "trace": told["trace"], "ms": told["ms"], "steps": None})
    return line


def _line(told: dict[str, Any]) -> bytes:
    return HEADER + b": " + json.dumps(told, separators=(",", ":")).encode("ascii") + b"\r\n"


def _told(run: Ended, recording: Recording, now: float) -> dict[str, Any]:
    began = recording.started
    steps: list[dict[str, Any]] = []
    for step, outcome in zip(run.plan.steps, run.outcomes, strict=True):
        told: dict[str, Any] = {"step": step.name}
        if step.needs or step.awaits:
            told["after"] = [run.plan.steps[index].name for index in (*step.needs, *step.awaits)]
        if outcome is not None:
            told["served"] = "nothing" if isinstance(outcome, Failure) else str(outcome.freshness)
            if outcome.cause is not None:
                told["cause"] = str(outcome.cause)
        for record in recording.records:
            if record.name == step.name and record.kind is Kind.CALL:
                told |= _span(record, began)
        attempts = [
            _attempt(record, began, hosts=recording.hosts)
            for record in recording.records
            if record.name == step.name and record.kind is Kind.ATTEMPT
        ]
        if attempts:
            told["attempts"] = attempts
        steps.append(told)
    ms = _ms(now - began)
    return {"route": run.plan.route, "trace": recording.trace_id, "ms": ms, "steps": steps}


def _attempt(record: Record, began: float, *, hosts: bool) -> dict[str, Any]:
    told: dict[str, Any] = _span(record, began)
    if record.cause:
        told["cause"] = str(record.cause)
    if record.status is not None:
        told["status"] = record.status
    if record.attempt > 1:
        told["hedge" if record.hedge else "retry"] = True
    if record.peer is not None:
        told["upstream"] = record.peer.upstream
        if hosts and record.peer.host:  # a function is nowhere
            told["at"] = record.peer.base
    if record.changes:
        told["breaker"] = [f"{change.old}>{change.new}" for change in record.changes]
    return told


def _span(record: Record, began: float) -> dict[str, Any]:
    """When it began and how long it took; without an end while it is under way."""
    begun: dict[str, Any] = {"start": _ms(record.started - began)}
    if record.ended:
        begun["ms"] = _ms(record.ended - record.started)
    return begun


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
