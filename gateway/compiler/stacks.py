"""THE list of layers, their order, and the reason for each position. No other file knows an order.

Outermost first. A call goes *down* from the step to the wire, its outcome comes *up*. A layer that is not
configured is absent; layers of later versions have their places here and nothing else yet.

Per step:
  1  observe call      sees everything, also answers from a fallback
  2  fallback          turns the last failure into a marked success; never counted as health
  2a shape             what the step is to answer, of what the upstream did: copies are the upstream's own,
                       and a fallback stands in for an answer that has not the form for it
  2b for each          one call per item; all below is each item's own, all above the list's
  3  cache             a hit costs nothing below; stale copies stand in for failures below
  4  deadline          everything below shares what is left of the request's time
  4a send once         equal calls of one request are one: no timer is needed for what has the same deadline
  5  coalesce          only misses; one flight per identity, with a time of its own
  5a keep              writes what a flight brought into the cache once, also if nobody waits for it any more
  5b batch             gathers what is asked for within a moment: copies and flights are a key's, attempts are
                       a batch's
  6  retry, hedge      draw on the upstream's one budget; a hedge inside the retries, to which a first
                       attempt and its hedge that both failed are one failure
  6a nothing           statuses that mean "there is none" become null: above the breaker, which must see the
                       status' own verdict; below retry and cache, for which null is an answer
Per upstream, built once and shared by every step that uses it:
  6b balance           picks an address; the rows below exist once per address
  7  observe attempt   one record per try
  8  breaker gate      a look only: an open circuit answers at once and takes no slot
  9  bulkhead          limits attempts in flight
  9a ramp              after an outage, calls come back step by step; what it caps is the bulkhead
  9b adapt             learns how many; inside, as waiting for a slot is not the upstream's slowness
  9c cold starts       gives calls that need another environment the time for it; above the permit, whose
                       circuit measures them by that time
  10 breaker permit    taken after the wait for a slot: a queued call must not reach an upstream that opened
                       meanwhile (measured with the usual order: 60 of 65 did)
  11 attempt timeout   innermost, so that the breaker sees timeouts; bounds the wire only
  12 faults            (not built yet) everything above must cope with them
  –  source
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.compiler.shared import Clock
from gateway.layers.adaptive import adapting
from gateway.layers.breaker import breaking, refusing_while_open
from gateway.layers.bulkhead import limiting
from gateway.layers.deadline import within_deadline
from gateway.layers.fallback import StandIn, standing_in
from gateway.layers.nothing import answering_nothing
from gateway.layers.observe import Meter, observing_attempts, observing_calls
from gateway.layers.ramp import Ramp, ramping
from gateway.layers.shape import Shaping, shaping
from gateway.layers.timeout import timing_out

if TYPE_CHECKING:
    from gateway.call import Layer
    from gateway.layers.breaker import Breaker
    from gateway.layers.bulkhead import Bulkhead
    from gateway.layers.cold_start import Unhurried
    from gateway.layers.gradient import Gradient
    from gateway.recording import Peer
    from gateway.timers import Timers


@dataclass(frozen=True, slots=True)
class Named:
    """A layer with the words that ``explain`` prints for it."""

    text: str
    layer: Layer


def step_layers(
    *,
    meter: Meter,
    clock: Clock,
    stand_in: StandIn | None = None,
    shape: Shaping | None = None,
    each: Layer | None = None,
    caching: Layer | None = None,
    sending_once: Layer | None = None,
    coalescing: Layer | None = None,
    keeping: Layer | None = None,
    batching: Layer | None = None,
    retrying: Layer | None = None,
    hedging: Layer | None = None,
    nothing_on: frozenset[int] = frozenset(),
) -> list[Named]:
    """Layers 1–6a of one step."""
    statuses = ", ".join(map(str, sorted(nothing_on)))
    return _present(
        ("observe", observing_calls(meter, clock)),
        ("fallback", standing_in(stand_in) if stand_in is not None else None),
        ("shape", shaping(shape) if shape is not None else None),
        ("for each", each),
        ("cache", caching),
        ("deadline", within_deadline(clock)),
        ("send once", sending_once),
        ("coalesce", coalescing),
        ("keep", keeping),
        ("batch", batching),
        ("retry", retrying),
        ("hedge", hedging),
        (f"nothing on {statuses}", answering_nothing(nothing_on) if nothing_on else None),
    )


def upstream_layers(
    *,
    meter: Meter,
    clock: Clock,
    timers: Timers,
    breaker: Breaker | None,
    bulkhead: Bulkhead | None,
    ramp: Ramp | None = None,
    gradient: Gradient | None = None,
    peer: Peer | None = None,
    cold_starts: Layer | None = None,
    unhurried: Unhurried | None = None,
) -> list[Named]:
    """Layers 7–11 of one address; *peer* is how recordings name it.

    *unhurried* are the times that its circuit is told of calls that *cold_starts* gave more time.
    """
    adaptive = gradient is not None and bulkhead is not None
    return _present(
        ("observe attempt", observing_attempts(meter, clock, peer)),
        ("breaker gate", refusing_while_open(breaker, clock) if breaker is not None else None),
        ("bulkhead", limiting(bulkhead, timers) if bulkhead is not None else None),
        ("ramp", ramping(ramp) if ramp is not None else None),
        ("adapt", adapting(gradient, bulkhead, clock) if adaptive else None),  # type: ignore[arg-type]
        ("cold starts", cold_starts),
        ("breaker permit", breaking(breaker, clock, unhurried) if breaker is not None else None),
        ("attempt timeout", timing_out(timers)),
    )


def _present(*rows: tuple[str, Layer | None]) -> list[Named]:
    """Those that are configured."""
    return [Named(text, layer) for text, layer in rows if layer is not None]
