"""A step: its spec and templates → the plan's step with its layers on, and what ``explain`` tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from gateway.call import Source, stack
from gateway.compiler.examples import with_example
from gateway.compiler.extras import Extras
from gateway.compiler.listing import UNTOLD, ListedCall, Listing
from gateway.compiler.names import Edges
from gateway.compiler.stacks import Named, step_layers
from gateway.compiler.upstreams import build_inline
from gateway.config import ABSENT
from gateway.layers.nothing import answering_nothing
from gateway.layers.stand_ins import StandIns, switched
from gateway.outcome import Failure, Freshness, Outcome, Success
from gateway.plan.model import Step

if TYPE_CHECKING:
    from gateway.compiler.kinds.kind import CallTemplate, InlineCall
    from gateway.compiler.names import Use
    from gateway.compiler.render_json import JsonTemplate
    from gateway.compiler.shape import ShapeTemplate
    from gateway.compiler.shared import Shared
    from gateway.compiler.sharing import Commons, Sharing
    from gateway.compiler.upstreams import Upstream
    from gateway.compiler.when import Condition
    from gateway.config import BatchSpec, CacheSpec, ForEachSpec, RouteSpec, StepSpec
    from gateway.layers.cache import Copies
    from gateway.layers.fallback import StandIn
    from gateway.layers.hedge import Races
    from gateway.layers.observe import Meter
    from gateway.plan.balanced import Beginning

SHORTENED_TO: Final = 0.8
"""Share of the time limit to which a timeout at or above it is shortened (docs/contract.md section 5)."""


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What ``explain`` tells of a step beside the plan. ``shortened``: its timeout was cut to fit.

    ``reason`` says why it is required or not; ``""`` for one of several that says nothing. ``when`` is its
    condition, ``shape`` tells what is made of its answers, a text for each stage. ``inline``: it calls no
    upstream. ``example``: it can be tried without one.
    """

    upstream: Upstream
    target: str
    layers: tuple[str, ...]
    shortened: bool
    own_credentials: bool
    reason: str
    extras: Extras
    cache: CacheSpec | None
    copies: Copies | None
    each: ForEachSpec | None = None
    batch: BatchSpec | None = None
    undo: str = ""
    shape: tuple[str, ...] = ()
    when: str = ""
    inline: bool = False
    example: bool = False


class StepCompiler:
    """Compiles the step *name* of *route*."""

    def __init__(
        self,
        name: str,
        route: RouteSpec,
        call: CallTemplate,
        fallback: JsonTemplate | None,
        shape: ShapeTemplate,
        when: Condition | None,
        sharing: Sharing,
    ) -> None:
        self.name = name
        self.spec: StepSpec = route.steps[name]
        self._route = route
        self._call = call
        self._fallback = fallback
        self._shape = shape
        self._when = when
        self._sharing = sharing

    @property
    def edges(self) -> Edges:
        """The steps it needs, and those it only awaits."""
        when = self._when.uses if self._when is not None else []
        edges, key = Edges.of([*self._call.uses, *when]), self._sharing.key
        if key is None:
            return edges
        return Edges(edges.needs, (edges.awaits | key.edges.awaits) - edges.needs)

    @property
    def repeatable(self) -> bool:
        """Whether the call may be sent twice."""
        if self.spec.repeatable is not None:
            return self.spec.repeatable
        return self._call.repeatable

    def faults(self) -> Iterable[tuple[str, str, str]]:
        """What its settings contradict: the key, what is wrong with it, and the remedy."""
        for key in ("retry", "hedge"):
            if getattr(self.spec, key) not in {None, ABSENT} and not self.repeatable:
                message = f"`{key}` is for calls that may be sent twice, and this one may not"
                yield key, message, f"say repeatable: true, send an idempotency-key, or write {key}: off"
        yield from self._sharing.faults()

    def compiled(
        self, upstreams: Mapping[str, Upstream], meter: Meter, shared: Shared, commons: Commons
    ) -> tuple[Step, StepFacts]:
        """The step, over one of *upstreams* if it needs any. Only without faults."""
        upstream = self._upstream(upstreams, shared)
        timeout, shortened = self._timeout(upstream)
        stand_in = _stand_in(self._fallback, shared.stand_ins) if self._fallback is not None else None
        above: dict[str, Any] = {"stand_in": stand_in, "shape": self._shape.of_step()}
        sharing = self._sharing.layers(shared, commons, self._route.time_limit)
        extras = Extras.of(self.spec, upstream.spec, repeatable=self.repeatable)
        races = extras.races(upstream, shared)
        direct = partial(self._direct, upstream, extras, races, shared)
        listing = self._several(upstream, direct, shared, commons)
        listing = self._one(upstream, direct(meter, **above)) if listing is None else listing
        layers = step_layers(
            meter=meter,
            clock=shared.clock,
            **above,
            **listing.layers,
            **sharing.layers,
            retrying=extras.retrying(upstream, shared),
            hedging=extras.hedging(races),
            nothing_on=self.spec.nothing_on,
        )
        step = Step(
            name=self.name,
            index=list(self._route.steps).index(self.name),
            source=stack(upstream.source, [named.layer for named in layers]),
            prepare=listing.prepare,
            needs=tuple(sorted(self.edges.needs)),
            awaits=tuple(sorted(self.edges.awaits)),
            required=self._requirement()[0],
            repeatable=self.repeatable,
            timeout=timeout,
            stand_in=stand_in,
            identify=listing.identify,
            direct=listing.direct,
            chosen=self._when.compiled() if self._when is not None else None,
        )
        return step, self._facts(upstream, layers, extras, sharing.copies, shortened=shortened)

    def _timeout(self, upstream: Upstream) -> tuple[float, bool]:
        """Seconds of an attempt, and whether they were cut to fit the time limit."""
        limit = self._route.time_limit
        timeout = self.spec.timeout if self.spec.timeout is not None else upstream.timeout
        return (SHORTENED_TO * limit, True) if timeout >= limit else (timeout, False)

    def _upstream(self, upstreams: Mapping[str, Upstream], shared: Shared) -> Upstream:
        """What it reads from: one of *upstreams*, or what it says itself."""
        if self.spec.inline is None:
            upstream = upstreams[self.spec.upstream]
        else:
            upstream = build_inline(cast("InlineCall", self._call), shared)
        if shared.examples and self.spec.example is not ABSENT:
            return with_example(upstream, self.spec.example)
        return upstream

    def _facts(
        self,
        upstream: Upstream,
        layers: list[Named],
        extras: Extras,
        copies: Copies | None,
        *,
        shortened: bool,
    ) -> StepFacts:
        spec = self.spec
        return StepFacts(
            upstream=upstream,
            target=self._call.target,
            layers=(*(named.text for named in layers), *upstream.layers),
            shortened=shortened,
            own_credentials=any(map(_is_credential, self._call.uses)),
            reason=self._requirement()[1],
            extras=extras,
            cache=spec.cache,
            copies=copies,
            each=spec.for_each,
            batch=spec.batch,
            shape=tuple(self._shape.words),
            when=_condition(spec.when),
            inline=spec.inline is not None,
            example=spec.example is not ABSENT,
        )

    def _direct(
        self,
        upstream: Upstream,
        extras: Extras,
        races: Races | None,
        shared: Shared,
        meter: Meter,
        **above: Any,
    ) -> Beginning | None:
        """How its first attempts are made without a coroutine, where nothing above them needs one.

        *above* are the layers of the call that may be there: ``stand_in`` and ``shape``, or None.
        """
        if upstream.direct is None or self._sharing.any:
            return None
        inner: Source = upstream.source
        if self.spec.nothing_on:
            inner = answering_nothing(self.spec.nothing_on)(inner)
        retrying = extras.retrying_apart(upstream, shared)
        return upstream.direct(
            calls=meter,
            nothing_on=self.spec.nothing_on,
            **above,
            following=retrying and retrying.following(inner),
            deposit=upstream.budget.deposit if retrying or races else None,
            races=races,
            inner=inner,
        )

    def _one(self, upstream: Upstream, direct: Beginning | None) -> Listing:
        """How its one call is made."""
        return Listing(self._call.compiled(), self._sharing.identity(upstream), direct)

    def _several(
        self,
        upstream: Upstream,
        direct: Callable[[Meter], Beginning | None],
        shared: Shared,
        commons: Commons,
    ) -> Listing | None:
        """How its calls are made, if they are many of one, or one of many."""
        if not isinstance(self._call, ListedCall):
            return None
        named, items = self._sharing.naming(upstream), direct(UNTOLD)
        return self._call.listing(named, items, shared, commons, self._route.time_limit)

    def _requirement(self) -> tuple[bool, str]:
        """Whether the request fails without this step, and why."""
        if self.spec.required is not None:
            return self.spec.required, "it says so"
        if len(self._route.steps) == 1:
            return True, "the route's only step"
        return False, ""


def _condition(when: str | bool | None) -> str:  # noqa: FBT001 - the configuration's value
    return "" if when is None else str(when).lower() if isinstance(when, bool) else when


def _stand_in(template: JsonTemplate, stand_ins: StandIns) -> StandIn:
    render = template.stand_in()

    def stand_in(failure: Failure, inputs: Sequence[Any]) -> Outcome:
        return Success(render(inputs), Freshness.FALLBACK, failure.cause)

    return switched(stand_in, stand_ins)


def _is_credential(use: Use) -> bool:
    """Whether a reference reads what identifies the client."""
    slot = use.slot
    return slot is not None and (
        slot.root == "cookie" or (slot.root, slot.keys) == ("header", ("authorization",))
    )
