"""Makes a step's call, or says what the step ends with where there is none to make."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from gateway.call import Call, Trace
from gateway.outcome import Cause, Failure, Outcome
from gateway.plan.model import Scope

if TYPE_CHECKING:
    from gateway.plan.model import Plan, Step

_log = logging.getLogger("gateway.plan")


class Asking(Scope, Protocol):
    """What a call takes from its run. ``siblings`` is the request's own, by identity."""

    plan: Plan
    trace: Trace
    deadline: float
    floor: float
    siblings: dict[bytes, Any]


def call_of(step: Step, run: Asking, over: Failure | None) -> Call | Outcome:
    """The step's call; an outcome instead if a need failed, if the run is *over*, or if it cannot be made."""
    outcomes = run.outcomes
    for need in step.needs:
        outcome = outcomes[need]
        if outcome.__class__ is Failure:
            failure = Failure(Cause.SKIPPED, f"needs {run.plan.steps[need].name}", need=outcome)
            return instead(step, failure, run.inputs)
    if over is not None:
        return instead(step, over, run.inputs)
    try:
        payload = step.prepare(run)
        if payload.__class__ is Failure:
            return instead(step, payload, run.inputs)
        identity = step.identify(run, payload) if step.identify is not None else None
    except Exception:  # noqa: BLE001 - no step can hurt another
        return bug(step, run)
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


def bug(step: Step, run: Asking) -> Outcome:
    """Turn the exception being handled into the step's outcome; the log has it under the request id."""
    request_id = run.trace.request_id
    _log.exception("bug in step %s of %s (request %s)", step.name, run.plan.route, request_id)
    return instead(step, Failure(Cause.INTERNAL, f"see the log for {request_id}"), run.inputs)


def instead(step: Step, failure: Failure, inputs: Sequence[Any]) -> Outcome:
    """What a step that was not called, or not to its end, ends with: its fallback, or the failure."""
    return failure if step.stand_in is None else step.stand_in(failure, inputs)
