"""A run that ended → when each of its steps began, how long it took and how it ended.

Nobody writes down when a step begins: a step is begun the moment the last one that it waits for has ended,
so its beginning follows from the plan and from how long the others took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.dashboard.snapshot import Bar
from gateway.outcome import Failure, Freshness, Outcome
from gateway.plan.joined import FAILED, ITEMS

if TYPE_CHECKING:
    from gateway.call import Call
    from gateway.plan.model import Ended, Step

NOTHING: Final = "nothing"
UNFINISHED: Final = "unfinished"


def bars(run: Ended, upstreams: list[str]) -> list[Bar]:
    """The steps of *run* in plan order; *upstreams* by step."""
    ends: dict[int, float] = {}
    return [
        _bar(
            step,
            upstreams[step.index],
            run.calls[step.index],
            run.outcomes[step.index],
            _start(step, run, ends),
        )
        for step in run.plan.steps
    ]


def _start(step: Step, run: Ended, ends: dict[int, float]) -> float:
    """Seconds from the plan's beginning to the step's. *ends* has those of the steps that are known."""
    return max((_end(index, run, ends) for index in (*step.needs, *step.awaits)), default=0.0)


def _end(index: int, run: Ended, ends: dict[int, float]) -> float:
    if index not in ends:
        call = run.calls[index]
        ends[index] = _start(run.plan.steps[index], run, ends) + (0.0 if call is None else call.elapsed)
    return ends[index]


def _bar(step: Step, upstream: str, call: Call | None, outcome: Outcome | None, start: float) -> Bar:
    kind, cause, detail = _ending(outcome)
    return Bar(
        step=step.name,
        upstream=upstream,
        start=None if call is None else start,
        seconds=0.0 if call is None else call.elapsed,
        attempts=0 if call is None else call.attempt,
        outcome=kind,
        cause=cause,
        detail=detail,
    )


def _ending(outcome: Outcome | None) -> tuple[str, str | None, str]:
    if outcome is None:
        return UNFINISHED, None, ""
    if isinstance(outcome, Failure):
        return NOTHING, outcome.cause, outcome.detail
    detail = ""
    if outcome.freshness is Freshness.PARTIAL and outcome.meta is not None:
        detail = f"{int(outcome.meta[FAILED])} of {int(outcome.meta[ITEMS])} items are missing"
    return outcome.freshness, outcome.cause, detail
