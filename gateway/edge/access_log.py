"""Writes a line for requests worth one: degraded, failed or slow ones, or all, by configuration.

Rules of the file:
1. No value of a request stands in a line, only the route, the ids and how the steps ended.
2. At most ``LINES`` lines a second, then one that says how many more there were: writing a line blocks the
   loop, so an outage must not turn every request into one.
3. A request refused at the edge is its client's affair, so only ``all`` logs it, unless the status is 5xx. A
   client that left got no answer and gets no line; the metrics count it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Final

from gateway.outcome import Failure
from gateway.plan.execute import Run

SLOW: Final = 0.8
"""Share of the time limit from which on a request counts as slow."""

LINES: Final = 20
"""Lines a second; enough to see what is wrong, and below 1 % of a core at 20 µs each."""

_PERIOD: Final = 1.0
"""Seconds."""

_log = logging.getLogger("gateway.access")


class AccessLog:
    """``every``: one line for each request; else only for those with a problem. *clock* gives seconds."""

    __slots__ = ("_clock", "_every", "_left", "_over", "_period_ends")

    def __init__(self, *, every: bool, clock: Callable[[], float]) -> None:
        self._every = every
        self._clock = clock
        self._period_ends = float("-inf")
        self._left = LINES
        self._over = 0

    def __call__(self, run: Run, status: int, degraded: bool, seconds: float) -> None:  # noqa: FBT001
        """Log one ended request."""
        problem = degraded or status >= 400
        if problem or self._every or seconds >= SLOW * run.plan.time_limit:
            if self._may_write():
                _log.log(
                    logging.WARNING if problem else logging.INFO,
                    "%s %d in %.1f ms request=%s trace=%s %s",
                    run.plan.route,
                    status,
                    seconds * 1000,
                    run.trace.request_id,
                    run.trace.trace_id,
                    " ".join(_steps(run)),
                )
        elif self._over:
            self._may_begin_a_period()

    def refused(self, route: str, status: int, request_id: str, seconds: float) -> None:
        """Log one request that the edge answered without a plan; *route* says what it was for."""
        if (self._every or status >= 500) and self._may_write():
            level = logging.WARNING if status >= 500 else logging.INFO
            _log.log(level, "%s %d in %.1f ms request=%s refused", route, status, seconds * 1000, request_id)

    def flush(self) -> None:
        """Say now how many lines were left out."""
        if self._over:
            _log.warning("%d more %s left out", self._over, "line was" if self._over == 1 else "lines were")
            self._over = 0

    def _may_write(self) -> bool:
        self._may_begin_a_period()
        if self._left:
            self._left -= 1
            return True
        self._over += 1
        return False

    def _may_begin_a_period(self) -> None:
        now = self._clock()
        if now >= self._period_ends:
            self.flush()
            self._period_ends = now + _PERIOD
            self._left = LINES


def _steps(run: Run) -> Iterator[str]:
    """How each step ended: ``orders=timeout(no answer within 300 ms)``, ``users=live``."""
    for step, outcome in zip(run.plan.steps, run.outcomes, strict=True):
        if outcome is None:
            yield f"{step.name}=unfinished"
        elif isinstance(outcome, Failure):
            detail = f"({outcome.detail})" if outcome.detail else ""
            yield f"{step.name}={outcome.cause}{detail}"
        else:
            instead = f"({outcome.cause})" if outcome.cause else ""
            yield f"{step.name}={outcome.freshness}{instead}"
