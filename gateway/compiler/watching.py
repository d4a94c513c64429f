"""What of a compiled gateway is looked at when metrics are scraped; nothing here is asked for in between.

Metrics of one address have a label for it; what several have together is told of their upstream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from gateway.compiler.watching_functions import watch_functions
from gateway.edge.documentation import DISTRIBUTION
from gateway.plan.undoable import Result
from gateway.telemetry import names
from gateway.telemetry.watched import STATES

if TYPE_CHECKING:
    from gateway.compiler.compile import Compiled
    from gateway.compiler.routes import CompiledRoute
    from gateway.compiler.shared import Clock
    from gateway.compiler.stores import Stores
    from gateway.compiler.upstreams import Upstream
    from gateway.edge.admission import Admission
    from gateway.layers.address import AddressSnapshot
    from gateway.layers.cache import Copies
    from gateway.layers.stand_ins import StandIns
    from gateway.telemetry.collector import Sample
    from gateway.telemetry.watched import BufferedView, Watched

_EXTRAS: Final = ("sent", "won", "withheld")
_LOOKUPS: Final = {"hit": "hits", "stale": "stale", "stood_in": "stood_in", "miss": "misses"}
_READS: Final = ("hits", "misses", "timeouts", "errors", "damaged", "skipped", "dropped")
_WRITES: Final = {"written": "written", "error": "write_errors", "dropped": "write_drops"}
_HINTS: Final = ("told", "heeded", "outvoted", "ignored")
_BOARD: Final = ("posted", "heard", "senseless", "lost")
COMMON: Final = "(common)"
"""The store of caches that name none."""


def watch_compiled(watched: Watched, compiled: Compiled, stores: Stores, clock: Clock) -> None:
    """Everything that a configuration makes."""
    upstreams = compiled.upstreams.values()
    for upstream in upstreams:
        _watch_guards(watched, upstream)
    watched.samples(names.EXTRA_ATTEMPTS, lambda: _extra_attempts(upstreams))
    watched.samples(names.BUDGET_TOKENS, lambda: _tokens(upstreams, clock()))
    _watch_addresses(watched, [each for each in upstreams if each.balance is not None], clock)
    _watch_slots(watched, upstreams)
    watch_functions(watched, upstreams, clock)
    _watch_sharing(watched, compiled)
    _watch_undos(watched, compiled.routes.values())
    _watch_stores(watched, stores)


def watch_common(watched: Watched, buffered: BufferedView, background: Sized, stand_ins: StandIns) -> None:
    """What there is one of, whatever is configured."""
    watched.buffered(buffered)
    watched.background(lambda: len(background))
    watched.samples(names.STAND_INS, lambda: [((), float(stand_ins.allowed))])
    running = version(DISTRIBUTION)
    watched.samples(names.BUILD, lambda: [((running,), 1.0)])


def watch_admission(watched: Watched, admission: Admission) -> None:
    """The bound on requests under way."""
    watched.samples(names.ADMISSION_LIMIT, lambda: [((), admission.limit)])
    watched.samples(names.ADMISSION_IN_FLIGHT, lambda: [((), admission.in_flight)])
    watched.samples(
        names.ADMISSION_REFUSED, lambda: (((p,), n) for p, n in admission.snapshot().refused.items())
    )


def _watch_guards(watched: Watched, upstream: Upstream) -> None:
    watched.pool(upstream.name, upstream.pool)
    if upstream.breaker is not None:
        watched.breaker(upstream.name, upstream.circuit)
    if upstream.bulkhead is not None:
        watched.bulkhead(upstream.name, upstream.slots)


def _extra_attempts(upstreams: Iterable[Upstream]) -> Iterator[Sample]:
    for upstream in upstreams:
        for kind, extra in (("retry", upstream.budget.retries), ("hedge", upstream.budget.hedges)):
            for result in _EXTRAS:
                yield (upstream.name, kind, result), getattr(extra, result)


def _tokens(upstreams: Iterable[Upstream], now: float) -> Iterator[Sample]:
    for upstream in upstreams:
        yield (upstream.name,), upstream.budget.snapshot(now).tokens


def _watch_addresses(watched: Watched, upstreams: list[Upstream], clock: Clock) -> None:
    def seen() -> Iterator[tuple[Upstream, AddressSnapshot]]:
        for upstream in upstreams:
            assert upstream.balance is not None, "it has several addresses"
            for address in upstream.balance.snapshot(clock()):
                yield upstream, address

    def states() -> Iterator[Sample]:
        for upstream, address in seen():
            for state in STATES:
                yield (upstream.name, address.name, state), float(address.state == state)

    watched.samples(names.ADDRESS_STATE, states)
    for name, field in (
        (names.ADDRESS_PENDING, "pending"),
        (names.ADDRESS_CALLS, "calls"),
        (names.ADDRESS_WEIGHT, "weight"),
        (names.ADDRESS_EJECTED, "ejected"),
        (names.EJECTIONS, "ejections"),
    ):
        watched.samples(
            name,
            lambda field=field: (((u.name, a.name), float(getattr(a, field))) for u, a in seen()),  # type: ignore[misc]
        )


def _watch_slots(watched: Watched, upstreams: Iterable[Upstream]) -> None:
    adaptive = [(u, a, a.gradient) for u in upstreams for a in u.addresses if a.gradient is not None]
    ramps = [(u, a, a.ramp) for u in upstreams for a in u.addresses if a.ramp is not None]
    watched.samples(names.ADAPTIVE_SLOTS, lambda: (((u.name, a.name), g.slots) for u, a, g in adaptive))
    watched.samples(
        names.UNLOADED_SECONDS, lambda: (((u.name, a.name), g.unloaded or 0.0) for u, a, g in adaptive)
    )
    watched.samples(names.RAMP_LEVEL, lambda: (((u.name, a.name), r.level or 0) for u, a, r in ramps))


def _watch_sharing(watched: Watched, compiled: Compiled) -> None:
    caches = [each for route in compiled.routes.values() for each in _caches(route)]
    commons = compiled.commons

    def lookups() -> Iterator[Sample]:
        for route, step, copies in caches:
            for result, field in _LOOKUPS.items():
                yield (route, step, result), getattr(copies, field)

    watched.samples(names.CACHE_LOOKUPS, lookups)
    watched.samples(names.CACHE_KEPT, lambda: (((r, s), c.kept) for r, s, c in caches))
    watched.samples(names.CACHE_REFRESHING, lambda: (((r, s), c.snapshot().refreshing) for r, s, c in caches))
    watched.samples(
        names.APART_REFUSED,
        lambda: [((kind,), each.refused) for kind, each in commons.apart.items()],
    )
    for name, field in (
        (names.FLIGHTS, "under_way"),
        (names.FLIGHT_WAITERS, "waiting"),
        (names.FLIGHTS_BEGUN, "begun"),
        (names.FLIGHTS_JOINED, "joined"),
    ):
        watched.samples(name, lambda field=field: [((), getattr(commons.flights.snapshot(), field))])  # type: ignore[misc]
    for name, field in (
        (names.BATCHES, "under_way"),
        (names.BATCH_WAITERS, "waiting"),
        (names.BATCHES_SENT, "sent"),
        (names.BATCH_KEYS, "keys"),
        (names.BATCH_ASKED, "asked"),
    ):
        watched.samples(name, lambda field=field: [((), getattr(commons.batches.snapshot(), field))])  # type: ignore[misc]


def _watch_undos(watched: Watched, routes: Iterable[CompiledRoute]) -> None:
    undos = [(route, undo) for route in routes for undo in route.undos]

    def results() -> Iterator[Sample]:
        for route, undo in undos:
            for result in Result:
                if result is not Result.PENDING:
                    yield (route.key, route.plan.steps[undo.index].name, result), float(undo.counts[result])

    watched.samples(names.UNDOS, results)


def _caches(route: CompiledRoute) -> Iterator[tuple[str, str, Copies]]:
    for step, facts in zip(route.plan.steps, route.facts, strict=True):
        if facts.copies is not None:
            yield route.key, step.name, facts.copies


def _watch_stores(watched: Watched, stores: Stores) -> None:
    memories = [(name or COMMON, store) for name, store in stores.memories()]
    remote = list(stores.remote())
    watched.samples(names.STORE_BYTES, lambda: (((n,), s.used) for n, s in memories))
    watched.samples(names.STORE_LIMIT, lambda: (((n,), s.limit) for n, s in memories))
    watched.samples(names.STORE_COPIES, lambda: (((n,), len(s)) for n, s in memories))
    watched.samples(names.STORE_EVICTED, lambda: (((n,), s.snapshot().evicted) for n, s in memories))
    watched.samples(names.STORE_TOO_LARGE, lambda: (((n,), s.snapshot().refused) for n, s in memories))
    for name, field in (
        (names.STORE_LINKS, "links"),
        (names.STORE_WAITING, "waiting"),
        (names.STORE_REFUSING, "refusing"),
        (names.STORE_RECONNECTS, "reconnects"),
    ):
        watched.samples(
            name,
            lambda field=field: (((n,), float(getattr(s.snapshot(), field))) for n, s in remote),  # type: ignore[misc]
        )
    watched.samples(
        names.STORE_READS, lambda: (((n, r), getattr(s.snapshot(), r)) for n, s in remote for r in _READS)
    )
    watched.samples(
        names.STORE_WRITES,
        lambda: (((n, r), getattr(s.snapshot(), f)) for n, s in remote for r, f in _WRITES.items()),
    )
    watched.samples(
        names.HINTS,
        lambda: (((u, r), getattr(tally, r)) for u, tally in stores.hints() for r in _HINTS),
    )
    watched.samples(
        names.HINT_BOARD, lambda: (((n, r), getattr(c, r)) for n, c in stores.boards() for r in _BOARD)
    )
