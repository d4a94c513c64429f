"""Writes a line for requests worth one: degraded, failed or slow ones, or all, by configuration.

No value of a request stands in it, only the route and how its steps ended.
"""

from __future__ import annotations

import logging
from typing import Final

from gateway.outcome import Failure
from gateway.plan.execute import Run

SLOW: Final = 0.8
"""Share of the time limit from which on a request counts as slow."""

_log = logging.getLogger("gateway.access")


class AccessLog:
    """``every``: one line for each request; else only for those with a problem."""

    __slots__ = ("_every",)

    def __init__(self, *, every: bool) -> None:
        self._every = every

    def __call__(self, run: Run, status: int, degraded: bool, seconds: float) -> None:  # noqa: FBT001
        """Log one ended request."""
        failed = status >= 400
        if failed or degraded or self._every or seconds >= SLOW * run.plan.time_limit:
            _log.log(
                logging.WARNING if failed or degraded else logging.INFO,
                "%s %d in %.1f ms request=%s trace=%s %s",
                run.plan.route,
                status,
                seconds * 1000,
                run.trace.request_id,
                run.trace.trace_id,
                " ".join(_steps(run)),
            )


def _steps(run: Run) -> list[str]:
    """How each step ended: ``orders=timeout(no answer within 300 ms)``, ``users=live``."""
    told = []
    for step, outcome in zip(run.plan.steps, run.outcomes, strict=True):
        if outcome is None:
            told.append(f"{step.name}=unfinished")
        elif isinstance(outcome, Failure):
            detail = f"({outcome.detail})" if outcome.detail else ""
            told.append(f"{step.name}={outcome.cause}{detail}")
        else:
            instead = f"({outcome.cause})" if outcome.cause else ""
            told.append(f"{step.name}={outcome.freshness}{instead}")
    return told
