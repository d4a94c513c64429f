"""A compiled gateway as the dashboard looks at it: upstreams with their guards, routes with their plans."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.dashboard import snapshot
from gateway.dashboard.feed import Feed, ProcessView, Shown

if TYPE_CHECKING:
    from gateway.buffered import Buffered
    from gateway.compiler.addresses import Address
    from gateway.compiler.compile import Compiled
    from gateway.compiler.routes import CompiledRoute
    from gateway.compiler.upstreams import Upstream
    from gateway.dashboard.kept import KeptRequests
    from gateway.edge.health import Health
    from gateway.layers.address import AddressSnapshot
    from gateway.layers.circuit_state import CircuitSnapshot
    from gateway.layers.stand_ins import StandIns
    from gateway.plan.background import Background
    from gateway.telemetry.metrics import Metrics

_UNGUARDED: Final = "unguarded"
_RECOVERING: Final = "recovering"


class Own(NamedTuple):
    """What the dashboard shows of the gateway itself."""

    health: Health
    buffered: Buffered
    background: Background
    stand_ins: StandIns

    def view(self) -> ProcessView:
        """It now."""
        return ProcessView(
            status=str(self.health.report()[1]["status"]),
            phase=str(self.health.ready()[1]["status"]),
            buffered=self.buffered.used,
            buffered_limit=self.buffered.limit,
            background=len(self.background),
            stand_ins=self.stand_ins.allowed,
        )


def feed_of(compiled: Compiled, metrics: Metrics, kept: KeptRequests, own: Own) -> Feed:
    """The feed of everything that *compiled* serves, by its meters in *metrics*."""
    shown = Shown(
        upstreams={
            name: (metrics.attempts(name), partial(guards_of, each))
            for name, each in compiled.upstreams.items()
        },
        routes={
            key: (metrics.requests(key), {s.name: metrics.calls(key, s.name) for s in route.plan.steps})
            for key, route in compiled.routes.items()
        },
        loop_lag=metrics.loop_lag,
        process=own.view,
        plans=[plan_of(route) for route in compiled.routes.values()],
    )
    return Feed(shown, kept, time.monotonic, time.time)


def guards_of(upstream: Upstream) -> snapshot.Guards:
    """How *upstream* is guarded now. Its circuit is that of the address that is best off."""
    now = upstream.clock()
    circuit = upstream.circuit() if upstream.breakers else None
    slots = upstream.slots() if upstream.bulkhead is not None else None
    budget = upstream.budget.snapshot(now) if upstream.spec.budget is not None else None
    shares = upstream.balance.snapshot(now) if upstream.balance is not None else [None]
    return snapshot.Guards(
        state=_state(circuit),
        reason=circuit.detail or circuit.reason if circuit is not None else "",
        last_failure=circuit.last_failure if circuit is not None else "",
        open_remaining=_remaining(circuit),
        in_flight=slots.in_use if slots is not None else upstream.pool().in_use,
        slots=slots.slots if slots is not None else None,
        waiting=slots.waiting if slots is not None else upstream.pool().waiting,
        budget=round(budget.tokens, 2) if budget is not None else None,
        addresses=[_address(*each) for each in zip(upstream.addresses, shares, strict=True)],
    )


def plan_of(route: CompiledRoute) -> snapshot.Plan:
    """*route* as configured."""
    names = [step.name for step in route.plan.steps]
    steps = [
        snapshot.PlanStep(
            name=step.name,
            upstream=facts.upstream.name,
            target=facts.target,
            timeout=step.timeout,
            required=step.required,
            fallback=step.stand_in is not None,
            needs=[names[index] for index in step.needs],
            awaits=[names[index] for index in step.awaits],
        )
        for step, facts in zip(route.plan.steps, route.facts, strict=True)
    ]
    summary = route.spec.summary or ""
    return snapshot.Plan(route=route.key, summary=summary, time_limit=route.plan.time_limit, steps=steps)


def _address(address: Address, share: AddressSnapshot | None) -> snapshot.Address:
    circuit = address.breaker.snapshot() if address.breaker is not None else None
    slots = address.bulkhead.snapshot() if address.bulkhead is not None else None
    pool = address.client.state()
    return snapshot.Address(
        name=address.name,
        state=_state(circuit),
        open_remaining=_remaining(circuit),
        in_flight=slots.in_use if slots is not None else pool.in_use,
        slots=slots.slots if slots is not None else None,
        waiting=slots.waiting if slots is not None else pool.waiting,
        weight=round(share.weight, 3) if share is not None else 1.0,
        ejected=share is not None and share.ejected,
    )


def _state(circuit: CircuitSnapshot | None) -> str:
    """In the words of health: an upstream whose open time is over is recovering."""
    if circuit is None:
        return _UNGUARDED
    return _RECOVERING if circuit.recovering else str(circuit.state)


def _remaining(circuit: CircuitSnapshot | None) -> float:
    return round(circuit.open_remaining, 2) if circuit is not None else 0.0
