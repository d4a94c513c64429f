"""What a step's calls may cost beyond their first attempt: the retries and hedges that hold for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.config import ABSENT, Percentile
from gateway.layers.backoff import Backoff
from gateway.layers.hedge import Hedge, Races, hedging
from gateway.layers.hedge_delay import FixedDelay, HedgeDelay, LiveDelay
from gateway.layers.retry import Retrying, retrying

if TYPE_CHECKING:
    from gateway.call import Layer
    from gateway.compiler.shared import Shared
    from gateway.compiler.upstreams import Upstream
    from gateway.config import HedgeSpec, RetrySpec, StepSpec, UpstreamSettings


@dataclass(frozen=True, slots=True)
class Extras:
    """The settings that hold for one step; ``None``: it has no such layer."""

    retry: RetrySpec | None
    hedge: HedgeSpec | None

    @classmethod
    def of(cls, step: StepSpec, upstream: UpstreamSettings, *, repeatable: bool) -> Extras:
        """What *step* says, else what *upstream* says; only calls that are *repeatable* are hedged."""
        retry = upstream.retry if step.retry is ABSENT else step.retry
        hedge = upstream.hedge if step.hedge is ABSENT else step.hedge
        several = retry is not None and retry.attempts > 1
        return cls(retry if several else None, hedge if repeatable else None)

    def retrying(self, upstream: Upstream, shared: Shared) -> Layer | None:
        """The layer."""
        return retrying(**self._of_retries(self.retry, upstream, shared)) if self.retry is not None else None

    def retrying_apart(self, upstream: Upstream, shared: Shared) -> Retrying | None:
        """The same in its parts."""
        return Retrying(**self._of_retries(self.retry, upstream, shared)) if self.retry is not None else None

    def hedging(self, races: Races | None) -> Layer | None:
        """The layer."""
        return hedging(races, deposits=self.retry is None) if races is not None else None

    def races(self, upstream: Upstream, shared: Shared) -> Races | None:
        """What it shares with direct attempts: they learn from each other how long answers take."""
        if self.hedge is None:
            return None
        hedge = Hedge(_delay(self.hedge), upstream.budget, upstream.on_trial, upstream.crowded)
        return Races(hedge, shared.buffered, shared.clock, shared.timers)

    def _of_retries(self, retry: RetrySpec, upstream: Upstream, shared: Shared) -> dict[str, Any]:
        return {
            "attempts": retry.attempts,
            "backoff": Backoff(retry.backoff, retry.max_backoff, shared.random),
            "budget": upstream.budget,
            "half_open": upstream.on_trial,
            "clock": shared.clock,
            "timers": shared.timers,
        }


def _delay(hedge: HedgeSpec) -> HedgeDelay:
    after = hedge.after
    return LiveDelay(after.share) if isinstance(after, Percentile) else FixedDelay(after)
