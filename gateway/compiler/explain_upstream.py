"""An upstream as text for people: where it is, how long it may take, what guards it and what it may cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.compiler.cold_starts import cold_start_words
from gateway.compiler.words import seconds, share, size
from gateway.compiler.worst_case import idle_bounds_of
from gateway.config import ABSENT, ADAPTIVE, HedgeSpec, Percentile

if TYPE_CHECKING:
    from gateway.compiler.routes import CompiledRoute
    from gateway.compiler.upstreams import Upstream
    from gateway.config import BreakerSpec, BulkheadSpec, RetrySpec, UpstreamSettings


def drawn_on(routes: Iterable[CompiledRoute]) -> set[str]:
    """The upstreams whose budgets steps of *routes* draw on by settings of their own, or of their undos."""
    names: set[str] = set()
    for route in routes:
        facts = [each for each in route.facts if each.extras.retry or each.extras.hedge]
        undos = [step.undo for step in route.spec.steps.values() if step.undo is not None]
        names |= {each.upstream.name for each in facts}
        names |= {undo.upstream for undo in undos if undo.retry is not ABSENT and _several(undo.retry)}
    return names


def explain_upstream(upstream: Upstream, *, drawn: bool = False) -> Iterable[str]:
    """Its lines. *drawn*: a step that calls it draws on its budget, whatever its own settings are."""
    spec = upstream.spec
    told = upstream.reached.words
    if upstream.balance is None:
        yield f"  {upstream.name}  {upstream.address}  ({told})"
    else:
        yield f"  {upstream.name}  {len(upstream.addresses)} addresses  ({told})"
        yield from _addresses(upstream)
    for title, said in upstream.reached.more:
        yield f"    {title:9}  {said}"
    yield f"    timeout    {seconds(spec.timeout)}{_connecting(upstream)}"
    yield from _breaker(spec.breaker)
    yield f"    bulkhead   {_bulkhead(spec.bulkhead)}"
    yield from _extras(spec, drawn=drawn)
    for title, said in cold_start_words(spec):
        yield f"    {title:9}  {said}"
    if spec.warm is not None:
        words = [f"{spec.warm.connections} connections in advance"] if spec.warm.connections else []
        words += ["calls come back step by step at start and after an outage"] if spec.warm.ramp else []
        yield f"    warm       {'; '.join(words) or 'nothing'}"
    yield f"    answers    up to {size(spec.max_response)}"
    for warning in idle_bounds_of(spec):
        yield f"    WARNING    {warning}"


def _connecting(upstream: Upstream) -> str:
    """How long connecting may take; mostly the one time lies inside the other."""
    spec, reached = upstream.spec, upstream.reached
    if not reached.connects:
        return ""
    if reached.connects_apart:
        return f"; connecting, which no call waits for: {seconds(spec.connect_timeout)}"
    return f", connecting {seconds(min(spec.connect_timeout, spec.timeout))}"


def hedge_words(hedge: HedgeSpec) -> str:
    """When a second attempt is made."""
    after = hedge.after
    if isinstance(after, Percentile):
        return f"if it takes longer than {share(after.share)} of all do"
    return f"if it takes longer than {seconds(after)}"


def _addresses(upstream: Upstream) -> Iterable[str]:
    for number, address in enumerate(upstream.addresses):
        yield f"    {'addresses' if number == 0 else '':9}  {address.name}"
    balance = upstream.spec.balance
    if balance is None:
        yield "    balance    off: each in its turn"
        return
    words = ["the one with the least to do"]
    if balance.slow_start:
        words.append(f"one that came back has its full share after {seconds(balance.slow_start)}")
    if balance.max_ejected:
        words.append(f"up to {share(balance.max_ejected)} are left out if they fail more than the others")
    yield f"    balance    {'; '.join(words)}"


def _breaker(breaker: BreakerSpec | None) -> Iterable[str]:
    if breaker is None:
        yield "    breaker    off"
        return
    window = f"at least {breaker.minimum_throughput} calls in {seconds(breaker.sampling_window)}"
    opens = [f"{breaker.failure_ratio:.0%} of {window} fail"]
    if breaker.consecutive is not None:
        opens.append(f"{breaker.consecutive} fail in a row")
    if breaker.slow_call is not None:
        opens.append(f"{breaker.slow_ratio:.0%} take over {seconds(breaker.slow_call)}")
    yield f"    breaker    opens when {', or when '.join(opens)}"
    yield (
        f"               for {seconds(breaker.open_for)}, doubling up to {seconds(breaker.max_open_for)}, "
        f"±{breaker.jitter:.0%}; {breaker.probes} probes close it"
    )
    if breaker.share is not None:
        yield f"               hints to and from other processes through {breaker.share}"


def _bulkhead(bulkhead: BulkheadSpec | None) -> str:
    if bulkhead is None:
        return "off"
    fewest, first, most = bulkhead.bounds
    at_once = f"{most} at once"
    if bulkhead.slots == ADAPTIVE:
        at_once = f"{first} at once to begin with, then {fewest} to {most}, as it bears"
    return f"{at_once}, {bulkhead.waiting} more wait up to {seconds(bulkhead.max_wait)}"


def _extras(spec: UpstreamSettings, *, drawn: bool) -> Iterable[str]:
    """What its calls may cost beyond their first attempts."""
    retry = spec.retry
    if retry is None or retry.attempts == 1:
        yield "    retries    off"
    else:
        more, backoff = retry.attempts - 1, seconds(retry.backoff)
        longest = f", doubling up to {seconds(retry.max_backoff)}" if more > 1 else ""
        yield f"    retries    {more} more, after a random time of up to {backoff}{longest}"
    if spec.hedge is not None:
        yield f"    hedges     a second attempt beside the first {hedge_words(spec.hedge)}"
    if not (drawn or _several(retry) or spec.hedge is not None):
        return
    if spec.budget is None:
        yield "    budget     off: retries and hedges are NOT BOUNDED"
    else:
        every = f"{share(spec.budget.ratio)} of first attempts and {spec.budget.per_second:g} a second"
        yield f"    budget     {every}, for all retries and hedges"


def _several(retry: RetrySpec | None) -> bool:
    return retry is not None and retry.attempts > 1
