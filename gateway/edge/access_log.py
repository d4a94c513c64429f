"""Writes a line for requests worth one: degraded, failed or slow ones, or all, by configuration.

Rules of the file:
1. No value of a request stands in a line, only the route, the ids and how the steps ended.
2. Of problems of one kind (route, status, how each step ended) the first few are written and then counted:
   writing a line blocks the loop, so an outage must not turn every request into one. ``all`` means all.
3. A request refused at the edge is its client's affair, so only ``all`` logs it, unless the status is 5xx. A
   client that left got no answer and gets no line; the metrics count it.
4. A complete answer in time costs two comparisons.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, Final

from gateway.call import Call, Trace
from gateway.edge.streamed import CLIENT_GONE, WHOLE, Streamed
from gateway.outcome import Failure, Freshness, Outcome
from gateway.plan.joined import FAILED, ITEMS
from gateway.plan.model import Ended
from gateway.plan.undo import UndoingRun
from gateway.telemetry import events
from gateway.telemetry.log import Log
from gateway.telemetry.repetition import Sparing

SLOW: Final = 0.8
"""Share of the time limit from which on a request counts as slow."""

FINE: Final = frozenset({WHOLE, CLIENT_GONE})
"""Endings of a streamed answer that are no problem of anybody's but its client's."""

_log = Log("gateway.access")


class AccessLog:
    """``every``: one line for each request; else only for those with a problem, sparingly."""

    __slots__ = ("_every", "_sparing")

    def __init__(self, *, every: bool) -> None:
        self._every = every
        self._sparing = Sparing(_log)

    def __call__(self, run: Ended, status: int, degraded: bool, seconds: float, size: int) -> None:  # noqa: FBT001
        """Log one ended request, whose answer's body has *size* bytes."""
        problem = degraded or status >= 400
        if self._every or (
            (problem or seconds >= SLOW * run.plan.time_limit) and self._is_new(run, status, problem)
        ):
            steps = list(_steps(run))
            _log(
                events.ANSWERED,
                run.trace,
                level=logging.WARNING if problem else logging.INFO,
                text=f"{run.plan.route} {status} in {seconds * 1000:.1f} ms, {size} B: "
                + "; ".join(map(_told, steps)),
                route=run.plan.route,
                status=status,
                ms=_ms(seconds),
                bytes=size,
                degraded=[step["step"] for step in steps if "cause" in step] if degraded else [],
                steps=steps,
            )

    def streamed(self, run: Ended, streamed: Streamed) -> None:
        """Log one answer that was passed on piece by piece, now that it has ended."""
        problem = streamed.status >= 500 or streamed.ending not in FINE
        kind = (run.plan.route, streamed.status, streamed.ending)

        def line() -> str:
            return f"{run.plan.route} {streamed.status} {streamed.ending}"

        if self._every or (problem and self._sparing.takes(events.STREAMED, kind, line)):
            _log(
                events.STREAMED,
                run.trace,
                level=logging.WARNING if problem else logging.INFO,
                route=run.plan.route,
                status=streamed.status,
                ms=_ms(streamed.seconds),
                total_ms=_ms(streamed.total),
                received=streamed.received,
                sent=streamed.sent,
                ending=streamed.ending,
                steps=list(_steps(run)),
            )

    def refused(self, route: str, status: int, trace: Trace, seconds: float) -> None:
        """Log one request that the edge answered without a plan; *route* says what it was for."""
        level = logging.WARNING if status >= 500 else logging.INFO
        said: dict[str, Any] = {"route": route, "status": status, "ms": _ms(seconds)}
        if self._every:
            _log(events.REFUSED, trace, level=level, **said)
        elif status >= 500:
            self._sparing((route, status), events.REFUSED, trace, level=level, **said)

    def flush(self) -> None:
        """Say now what was left out."""
        self._sparing.flush()

    def _is_new(self, run: Ended, status: int, problem: bool) -> bool:  # noqa: FBT001
        """Whether such a line is to be written, or there were enough of its kind."""
        causes = tuple([None if outcome is None else outcome.cause for outcome in run.outcomes])

        def line() -> str:
            ended = zip(run.plan.steps, causes, strict=True)
            parts = ", ".join(f"{step.name} {cause}" for step, cause in ended if cause is not None)
            return f"{run.plan.route} {status} {parts if problem else 'slow'}".rstrip()

        return self._sparing.takes(events.ANSWERED, (run.plan.route, status, problem, causes), line)


def _steps(run: Ended) -> Iterator[dict[str, Any]]:
    """How each step ended, after how long, and what it took."""
    hedged = _hedged(run.trace)
    for step, outcome, call in zip(run.plan.steps, run.outcomes, run.calls, strict=True):
        told: dict[str, Any] = {"step": step.name, "served": _served(outcome)}
        if outcome is not None and outcome.cause is not None:
            told["cause"] = outcome.cause.value
        if isinstance(outcome, Failure):
            if outcome.detail:
                told["detail"] = outcome.detail
        elif outcome is not None:
            told["bytes"] = len(outcome.body)
            if outcome.freshness is Freshness.PARTIAL and outcome.meta is not None:
                told |= {"items": int(outcome.meta[ITEMS]), "missing": int(outcome.meta[FAILED])}
        if call is not None:
            told |= _effort(call)
        if hedges := hedged.count(step.name):
            told["hedges"] = hedges
        if isinstance(run, UndoingRun) and step.name in run.undone:
            told["undo"] = run.undone[step.name].value
        yield told


def _served(outcome: Outcome | None) -> str:
    if outcome is None:
        return "unfinished"
    return "nothing" if isinstance(outcome, Failure) else outcome.freshness.value


def _effort(call: Call) -> dict[str, Any]:
    effort: dict[str, Any] = {"ms": _ms(call.elapsed)}
    if call.attempt > 1:
        effort["attempts"] = call.attempt
    return effort


def _hedged(trace: Trace) -> list[str]:
    """The steps for which second attempts were sent, as far as anybody recorded them."""
    recording = trace.recording
    return [] if recording is None else [record.name for record in recording.records if record.hedge]


def _told(step: dict[str, Any]) -> str:
    """``orders timeout (no answer within 300 ms) 300.0 ms``, ``users live 3.1 ms``, for people.

    Nothing like ``session=live``: whatever stands behind such a word is taken for a secret.
    """
    cause = step.get("cause")
    if cause is None:
        text = f"{step['step']} {step['served']}"
    elif step["served"] == "nothing":
        text = f"{step['step']} {cause}"
    else:
        text = f"{step['step']} {step['served']} for {cause}"
    if "detail" in step:
        text += f" ({step['detail']})"
    if "missing" in step:
        text += f" ({step['missing']} of {step['items']} items)"
    if "ms" in step:
        text += f" {step['ms']:.1f} ms"
    if "attempts" in step:
        text += f", {step['attempts']} attempts"
    if "hedges" in step:
        text += f", {step['hedges']} hedged"
    if "undo" in step:
        text += f", undo {step['undo']}"
    return text


def _ms(seconds: float) -> float:
    """Milliseconds, to a microsecond: more digits than anybody reads cost bytes in every line."""
    return round(seconds * 1000, 3)
