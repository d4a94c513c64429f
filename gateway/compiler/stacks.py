"""THE list of layers, their order, and the reason for each position. No other file knows an order.

Outermost first. A call goes *down* from the step to the wire, its outcome comes *up*. A layer that is not
configured is absent; layers of later versions have their places here and nothing else yet.

Per step:
  1  observe call      sees everything, also answers from a fallback
  2  fallback          turns the last failure into a marked success; never counted as health
  3  cache             (not built yet) a hit costs nothing below; stale copies stand in for failures below
  4  deadline          everything below shares what is left of the request's time
  5  coalesce          (not built yet) only misses; one flight per identity
  6  retry, hedge      (not built yet) draw on the upstream's one budget
  6a nothing           statuses that mean "there is none" become null: above the breaker, which must see the
                       status' own verdict; below retry and cache, for which null is an answer
Per upstream, built once and shared by every step that uses it:
  6b balance           (not built yet) picks an address
  7  observe attempt   one record per try
  8  breaker gate      a look only: an open circuit answers at once and takes no slot
  9  bulkhead          limits attempts in flight
  10 breaker permit    taken after the wait for a slot: a queued call must not reach an upstream that opened
                       meanwhile (measured with the usual order: 60 of 65 did)
  11 attempt timeout   innermost, so that the breaker sees timeouts; bounds the wire only
  12 faults            (not built yet) everything above must cope with them
  –  source
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.layers.breaker import breaking, refusing_while_open
from gateway.layers.bulkhead import limiting
from gateway.layers.deadline import within_deadline
from gateway.layers.fallback import StandIn, standing_in
from gateway.layers.nothing import answering_nothing
from gateway.layers.observe import Meter, observing_attempts, observing_calls
from gateway.layers.timeout import timing_out

if TYPE_CHECKING:
    from gateway.call import Layer
    from gateway.layers.breaker import Breaker
    from gateway.layers.bulkhead import Bulkhead
    from gateway.timers import Timers

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Named:
    """A layer with the words that ``explain`` prints for it."""

    text: str
    layer: Layer


def step_layers(
    *, meter: Meter, clock: Clock, stand_in: StandIn | None, nothing_on: frozenset[int]
) -> list[Named]:
    """Layers 1–6a of one step."""
    layers = [Named("observe", observing_calls(meter, clock))]
    if stand_in is not None:
        layers.append(Named("fallback", standing_in(stand_in)))
    layers.append(Named("deadline", within_deadline(clock)))
    if nothing_on:
        statuses = ", ".join(map(str, sorted(nothing_on)))
        layers.append(Named(f"nothing on {statuses}", answering_nothing(nothing_on)))
    return layers


def upstream_layers(
    *, meter: Meter, clock: Clock, timers: Timers, breaker: Breaker | None, bulkhead: Bulkhead | None
) -> list[Named]:
    """Layers 7–11 of one upstream."""
    layers = [Named("observe attempt", observing_attempts(meter, clock))]
    if breaker is not None:
        layers.append(Named("breaker gate", refusing_while_open(breaker, clock)))
    if bulkhead is not None:
        layers.append(Named("bulkhead", limiting(bulkhead, timers)))
    if breaker is not None:
        layers.append(Named("breaker permit", breaking(breaker, clock)))
    layers.append(Named("attempt timeout", timing_out(timers)))
    return layers
