"""All that is known of an upstream at an instant, for operators: addresses, error texts, counters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.compiler.cold_starts import cold_start_details

if TYPE_CHECKING:
    from gateway.compiler.addresses import Address
    from gateway.compiler.upstreams import Upstream


def upstream_details(upstream: Upstream, now: float) -> dict[str, Any]:
    """Snapshots by what they are of. One that has several addresses tells of each."""
    # Without a bound there is no number of tokens that JSON could write.
    budget = upstream.budget.snapshot(now) if upstream.spec.budget is not None else None
    told: dict[str, Any] = {"address": upstream.address, "budget": budget}
    if upstream.balance is None:
        return told | _address(upstream.addresses[0], now)
    seen = zip(upstream.addresses, upstream.balance.snapshot(now), strict=True)
    return told | {"addresses": [_address(each, now) | {"balance": share} for each, share in seen]}


def _address(address: Address, now: float) -> dict[str, Any]:
    told: dict[str, Any] = {
        "address": address.name,
        "breaker": address.breaker and address.breaker.snapshot(),
        "bulkhead": address.bulkhead and address.bulkhead.snapshot(),
        "pool": address.client.state(),
        **address.details(),
    }
    if address.gradient is not None:
        gradient = address.gradient
        told["adaptive"] = {"limit": int(gradient.limit), "unloaded_seconds": gradient.unloaded}
    if address.ramp is not None:
        told["ramp"] = {"level": address.ramp.level}
    if address.cold is not None:
        told |= cold_start_details(address.cold, now)
    return told
