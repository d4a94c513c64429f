"""What of functions is looked at when metrics are scraped: cold starts, pings, credentials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from gateway.telemetry import names

if TYPE_CHECKING:
    from gateway.compiler.addresses import Address
    from gateway.compiler.shared import Clock
    from gateway.compiler.upstreams import Upstream
    from gateway.telemetry.collector import Sample
    from gateway.telemetry.watched import Watched

CREDENTIAL_STATES: Final = ("good", "missing", "refused")

Where = tuple[str, str]
"""An upstream's name and an address of it."""


def watch_functions(watched: Watched, upstreams: Iterable[Upstream], clock: Clock) -> None:
    """Everything of those among *upstreams* that are functions."""
    every = [
        ((upstream.name, address.name), address) for upstream in upstreams for address in upstream.addresses
    ]
    cold = [(where, address.cold.warmth) for where, address in every if address.cold is not None]
    pings = [
        (where, address.cold.prewarm)
        for where, address in every
        if address.cold is not None and address.cold.prewarm is not None
    ]
    signed = [(where, address) for where, address in every if "credentials" in address.details()]

    def cold_calls() -> Iterator[Sample]:
        for where, warmth in cold:
            seen = warmth.snapshot(clock())
            failed = seen.cold - seen.answered - seen.late
            yield (*where, "answered"), seen.answered
            yield (*where, "late"), seen.late
            yield (*where, "failed"), failed

    def pinged() -> Iterator[Sample]:
        for where, prewarm in pings:
            seen = prewarm.snapshot()
            yield (*where, "answered"), seen.answered
            yield (*where, "failed"), seen.failed

    watched.samples(names.ENVIRONMENTS_WARM, lambda: ((where, each.warm(clock())) for where, each in cold))
    watched.samples(names.COLD_CALLS, cold_calls)
    watched.samples(names.PREWARM_ROUNDS, lambda: ((where, each.snapshot().rounds) for where, each in pings))
    watched.samples(names.PREWARM_PINGS, pinged)
    watched.samples(names.CREDENTIALS_STATE, lambda: _credentials(signed))


def _credentials(signed: Iterable[tuple[Where, Address]]) -> Iterator[Sample]:
    for where, address in signed:
        now = address.details()["credentials"]["state"]
        for state in CREDENTIAL_STATES:
            yield (*where, state), float(state == now)
