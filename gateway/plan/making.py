"""Makes a step's call, or says what the step ends with where there is none to make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from gateway.call import Call, Trace
from gateway.outcome import NOT_CHOSEN, Cause, Failure, Outcome
from gateway.plan.model import Scope
from gateway.telemetry import events
from gateway.telemetry.log import place_of

if TYPE_CHECKING:
    from gateway.plan.model import Plan, Step
    from gateway.telemetry.repetition import Sparing


class Asking(Scope, Protocol):
    """What a call takes from its run. ``siblings`` is the request's own, by identity."""

    plan: Plan
    trace: Trace
    deadline: float
    floor: float
    siblings: dict[bytes, Any]

    def crashed(self, index: int, error: Exception) -> Outcome:
        """What the step of this *index* ends with, now that it raised."""


def call_of(step: Step, run: Asking, over: Failure | None) -> Call | Outcome:
    """The step's call; an outcome instead if a need failed, the run is *over*, or it is not to be made."""
    outcomes = run.outcomes
    for need in step.needs:
        outcome = outcomes[need]
        if outcome.__class__ is Failure:
            failure = Failure(Cause.SKIPPED, f"needs {run.plan.steps[need].name}", need=outcome)
            return instead(step, failure, run.inputs)
    if over is not None:
        return instead(step, over, run.inputs)
    try:
        if step.chosen is not None and not step.chosen(run):
            return NOT_CHOSEN
        payload = step.prepare(run)
        if payload.__class__ is Failure:
            return instead(step, payload, run.inputs)
        identity = step.identify(run, payload) if step.identify is not None else None
    except Exception as error:  # noqa: BLE001 - no step can hurt another
        return run.crashed(step.index, error)
    return Call(
        step.name,
        payload,
        run.deadline,
        step.timeout,
        run.trace,
        repeatable=step.repeatable,
        inputs=run.inputs,
        identity=identity,
        siblings=run.siblings if identity is not None else None,
        floor=run.floor,
    )


def bug(step: Step, run: Asking, error: Exception, log: Sparing) -> Outcome:
    """Turn *error* into the step's outcome; *log* has it under the request id, without values of the request.

    Of a bug that hits every request the log has the first few, and how many there were.
    """
    place = (run.plan.route, step.name, *place_of(error))
    said = {"step": step.name, "route": run.plan.route}
    log(place, events.BUG_IN_STEP, run.trace, error=error, hide=run.inputs, **said)
    return instead(step, Failure(Cause.INTERNAL, f"see the log for {run.trace.request_id}"), run.inputs)


def instead(step: Step, failure: Failure, inputs: Sequence[Any]) -> Outcome:
    """What a step that was not called, or not to its end, ends with: its fallback, or the failure."""
    return failure if step.stand_in is None else step.stand_in(failure, inputs)


def failing(steps: Sequence[Step], outcomes: Sequence[Outcome | None]) -> tuple[Step, Failure] | None:
    """The step that fails a request: the first required one that failed, or of all if none answered."""
    unanswered: tuple[Step, Failure] | None = None
    answered = False
    for step, outcome in zip(steps, outcomes, strict=True):
        if isinstance(outcome, Failure):
            if step.required:
                return step, outcome
            unanswered = unanswered or (step, outcome)
        elif outcome is not None and outcome is not NOT_CHOSEN:
            answered = True
    return None if answered else unanswered
