"""How long a route can take at worst, which steps make it so, and which of its bounds never come to bear.

Everything here follows from the configuration; nothing is measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gateway.compiler.cold_starts import longest_attempt
from gateway.compiler.words import seconds

if TYPE_CHECKING:
    from gateway.compiler.step import StepFacts
    from gateway.config import HedgeSpec, UpstreamSettings
    from gateway.plan.model import Step


def longest_call(step: Step, facts: StepFacts) -> float:
    """Seconds that a step's call takes at most, if nobody looks at the request's time.

    All its attempts, each with a wait for a slot and its whole timeout (a cold start's, if it may meet one),
    and the longest random pauses between them. A Retry-After can make a pause longer, but only within the
    request's time. A hedge is one of several attempts and never outlasts the one in whose place it stands;
    alone beside a first one it does. Before them comes the look-up in a cache's store, and a batch's window.
    The items of a list take turns.
    """
    if facts.inline:
        return 0.0
    before = facts.copies.longest if facts.copies is not None else 0.0
    turns = 1
    if facts.batch is not None:
        before += facts.batch.window
    elif facts.each is not None:
        turns = math.ceil(facts.each.max_items / facts.each.concurrency)
    return turns * (before + _longest_attempts(step, facts))


def _longest_attempts(step: Step, facts: StepFacts) -> float:
    bulkhead, retry = facts.upstream.spec.bulkhead, facts.extras.retry
    attempt = longest_attempt(step.timeout, facts.upstream.spec)
    attempt += bulkhead.max_wait if bulkhead is not None else 0.0
    if retry is None:
        return attempt + _latest_hedge(facts.extras.hedge, attempt)
    pauses = (min(retry.max_backoff, retry.backoff * 2.0**n) for n in range(retry.attempts - 1))
    return retry.attempts * attempt + sum(pauses)


def _latest_hedge(hedge: HedgeSpec | None, attempt: float) -> float:
    """Seconds after which a hedge begins at the latest beside an *attempt* of so many; 0 without one."""
    if hedge is None:
        return 0.0
    if not isinstance(hedge.after, float):
        return attempt  # a percentile can be anything
    return hedge.after if hedge.after < attempt else 0.0


def critical_path(steps: Sequence[Step], lengths: Sequence[float]) -> tuple[list[int], float]:
    """The chain of steps, by index, that takes longest if each takes its *length*, and how long that is."""
    ends: dict[int, tuple[list[int], float]] = {}

    def end_of(index: int) -> tuple[list[int], float]:
        if index not in ends:
            step = steps[index]
            before = [end_of(other) for other in (*step.needs, *step.awaits)]
            path, start = max(before, key=lambda each: each[1], default=([], 0.0))
            ends[index] = [*path, index], start + lengths[index]
        return ends[index]

    return max((end_of(step.index) for step in steps), key=lambda each: each[1])


def idle_bounds_of(spec: UpstreamSettings) -> Iterable[str]:
    """Which settings of an upstream never come to bear, whatever its routes are."""
    timeout = spec.timeout
    if spec.breaker is not None and spec.breaker.slow_call is not None and spec.breaker.slow_call >= timeout:
        yield f"`slow_call` of {seconds(spec.breaker.slow_call)} never counts: {_first(timeout)}"
    if timeout < spec.connect_timeout != CONNECT_TIMEOUT:
        yield f"`connect_timeout` of {seconds(spec.connect_timeout)} never fires: {_first(timeout)}"


def idle_bounds(step: Step, facts: StepFacts, limit: float) -> Iterable[str]:
    """Which settings of a step, or of its upstream, never come to bear in a route of *limit* seconds."""
    bulkhead, extras, cache = facts.upstream.spec.bulkhead, facts.extras, facts.cache
    after = extras.hedge.after if extras.hedge is not None else 0.0
    if isinstance(after, float) and after >= step.timeout:
        yield f"`hedge` after {seconds(after)} is never sent: {_first(step.timeout)}"
    if bulkhead is not None and bulkhead.max_wait >= limit:
        yield f"`max_wait` of {seconds(bulkhead.max_wait)} never ends: the time limit comes first"
    if extras.retry is not None and extras.retry.backoff >= limit > step.timeout:
        yield f"`backoff` of {seconds(extras.retry.backoff)} is as long as the time limit"
    if cache is not None and 0.0 < cache.stale_if_error <= cache.stale_while_revalidate:
        served = seconds(cache.stale_while_revalidate)
        yield f"`stale_if_error` is never needed: for {served} after ttl a copy is served in any case"


CONNECT_TIMEOUT = 0.5
"""The default; a shorter ``timeout`` beside it is no mistake."""


def _first(timeout: float) -> str:
    return f"the timeout of {seconds(timeout)} comes first" if math.isfinite(timeout) else "never"
