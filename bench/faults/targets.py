"""The targets of the experiment, and whether a run reached them; each check says in words what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.faults import scenarios as at
from bench.faults.scenarios import RATE, Scenario
from bench.faults.seen import Figures, Kind
from bench.faults.trial import Trial
from bench.faults.variants import DEFAULTS, HEDGED, NO_BREAKER, Variant

OPEN_FOR = 5.0
JITTER = 0.2
"""Defaults of ``breaker:`` (docs/contract.md §5)."""

WITHOUT_BREAKER = 1.11
WITH_BREAKER = 0.05
STALL_P99 = 0.1
EXTRA = 0.05 + 1 / RATE
"""5 %, and one a second, as a share of all calls."""
HANGING_MORE = 0.010
TIME_LIMIT, LATER = 1.0, 0.050
"""Of the route, and how much later an answer may leave (docs/contract.md §2), in seconds."""
MIXED_SUCCESS = 0.999
TOUCH = 0.1
"""Seconds before a process is stopped at which its last requests may have been due."""

_Found = Mapping[tuple[str, str], Trial]
_BAD = (Kind.REFUSED, Kind.LOST)


@dataclass(frozen=True)
class Check:
    """One target: what was asked, what was found; ``reached`` is ``None`` if it was not measured."""

    target: str
    found: str
    reached: bool | None


def checks(trials: Iterable[Trial]) -> list[Check]:
    """Every target, in the order in which they are set."""
    found = {(trial.scenario.name, trial.variant.name): trial for trial in trials if not trial.failed}
    return [check for judge in _JUDGES for check in judge(found)]


def _stalls(found: _Found) -> list[Check]:
    seen = _figures(found, at.STALLS, HEDGED)
    p99 = _check(
        "1 % stalls of 1 s, `hedge: { after: p95 }`: p99 ≤ 100 ms",
        (f"{seen.p99 * 1e3:.0f} ms", seen.p99 <= STALL_P99) if seen else None,
    )
    most = max((hits - 1 for hits in seen.hits.values()), default=0) if seen else 0
    extra = _check(
        "…extra calls ≤ 5 % + 1/s, at each upstream",
        (f"{most:+.1%} at the most", most <= EXTRA) if seen else None,
    )
    return [p99, extra]


def _outage(found: _Found) -> list[Check]:
    without, usual = (_figures(found, at.COLD_OUTAGE, each) for each in (NO_BREAKER, DEFAULTS))
    return [
        _check(
            f"total outage, {words}: ≤ {limit} calls at an upstream per request",
            (f"{max(seen.hits.values()):.3f}", max(seen.hits.values()) <= limit) if seen else None,
        )
        for words, limit, seen in (
            ("breaker off", WITHOUT_BREAKER, without),
            ("breaker on", WITH_BREAKER, usual),
        )
    ]


def _hanging(found: _Found) -> list[Check]:
    seen, well = (_figures(found, each, DEFAULTS) for each in (at.HANGING, at.HEALTHY))
    answered = _check(
        "a hanging optional upstream, 200 requests/s for a minute: 100 % answered",
        (f"{seen.success:.2%} of {seen.requests:,}", seen.success == 1) if seen else None,
    )
    p99 = None
    if seen is not None and well is not None:
        words = f"{seen.p99 * 1e3:.1f} ms, healthy {well.p99 * 1e3:.1f} ms"
        p99 = (words, seen.p99 <= well.p99 + HANGING_MORE)
    return [answered, _check("…p99 over the whole time ≤ healthy p99 + 10 ms", p99)]


def _restarts(found: _Found) -> list[Check]:
    optional, required = (found.get((scenario.name, DEFAULTS.name)) for scenario in at.RESTARTS)
    errors = _errors(optional)
    none = _check(
        "restart of an optional upstream: no error",
        (f"{len(errors)} errors", not errors) if optional else None,
    )
    errors = _errors(required)
    return [none, *_required(required, errors)]


def _required(trial: Trial | None, errors: Sequence[float]) -> list[Check]:
    most = OPEN_FOR * (1 + JITTER)
    target = (
        f"restart of a required upstream: no error later than the open time ({most:g} s) after it listens"
    )
    if trial is None:
        return [_check(target, None)]
    stopped, listens = trial.scenario.acts[0].at, trial.done[1]
    before = [due for due in errors if due < stopped - TOUCH]
    after = [due for due in errors if due > listens]
    last = max((due - listens for due in after), default=0.0)
    words = f"{len(errors)} errors, {len(after)} of them after it listened, the last {last:.1f} s after"
    return [_check(target, (words, not before and last <= most))]


def _recovery(found: _Found) -> list[Check]:
    trial = found.get((at.RECOVERY.name, DEFAULTS.name))
    target = "recovery without a second trip"
    if trial is None or trial.record is None:
        return [_check(target, None)]
    most = max(trial.trips.values(), default=0)
    end = 1 - trial.record.since(trial.scenario.seconds - 1).share(*_BAD)
    words = f"{most} trip{'s' * (most != 1)} of a circuit at the most, {end:.1%} success in the last second"
    return [_check(target, (words, most <= 1 and end > 0.99))]


def _limits(found: _Found) -> list[Check]:
    hung, mixed = (_figures(found, at.HUNG, NO_BREAKER), _figures(found, at.MIXED, DEFAULTS))
    latest = _check(
        "the required upstream hangs, breaker off: p99.9 ≤ time limit + 50 ms",
        (f"{hung.p999 * 1e3:.0f} ms", hung.p999 <= TIME_LIMIT + LATER) if hung else None,
    )
    success = _check(
        "5 % errors and 5 % slow answers of an optional upstream: success ≥ 99.9 %, p99 ≤ time limit",
        (
            f"{mixed.success:.2%}, {mixed.p99 * 1e3:.0f} ms",
            mixed.success >= MIXED_SUCCESS and mixed.p99 <= TIME_LIMIT,
        )
        if mixed
        else None,
    )
    return [latest, success]


_JUDGES: Sequence[Callable[[_Found], list[Check]]] = (
    _stalls,
    _outage,
    _hanging,
    _restarts,
    _recovery,
    _limits,
)


def _figures(found: _Found, scenario: Scenario, variant: Variant) -> Figures | None:
    trial = found.get((scenario.name, variant.name))
    return trial.figures if trial else None


def _errors(trial: Trial | None) -> list[float]:
    return trial.record.due(*_BAD) if trial and trial.record else []


def _check(target: str, found: tuple[str, bool] | None) -> Check:
    return Check(target, *found) if found else Check(target, "not measured", None)
