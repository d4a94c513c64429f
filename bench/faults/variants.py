"""Who is asked: the gateway as it comes, with single layers off or on, and a hand-written peer.

Every configuration is the README's, three services and one answer, with as few keys more as a variant
needs. What is on by default is switched off, what is off by default is switched on, one by one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Settings = Mapping[str, Any]

ROUTE = "GET /user/profile/{user_id:int}"

_UPSTREAMS: dict[str, Settings] = {
    "users": {"url": "${USERS_URL}"},
    "orders": {"url": "${ORDERS_URL}", "timeout": "300ms"},
    "recs": {"url": "${RECS_URL}"},
}

_STEPS: dict[str, Settings] = {
    "basic_info": {"get": "users/internal/users/{user_id}", "required": True},
    "order_summary": {"get": "orders/internal/orders?user_id={user_id}&limit=5"},
    "recommendations": {"get": "recs/internal/recommend/{basic_info.segment}", "fallback": []},
}

HEDGE: Settings = {"hedge": {"after": "p95"}}
CACHE: Settings = {"ttl": "1s", "stale_while_revalidate": "5s", "stale_if_error": "5m"}


@dataclass(frozen=True)
class Variant:
    """One of those who are asked.

    ``upstream`` and ``step`` are keys that every upstream and every step gets besides, ``route`` are keys of
    the route. A ``peer`` is an ASGI application instead (``module:app``).
    """

    name: str
    label: str
    upstream: Settings = field(default_factory=dict)
    step: Settings = field(default_factory=dict)
    route: Settings = field(default_factory=dict)
    peer: str = ""

    def config(self) -> dict[str, Any]:
        """The configuration, of a variant that is no peer."""
        steps = {name: {**step, **self.step} for name, step in _STEPS.items()}
        respond = {"user_id": "{user_id}", "profile": "{steps}"}
        route = {"time_limit": "1s", "steps": steps, "respond": respond, **self.route}
        upstreams = {name: {**upstream, **self.upstream} for name, upstream in _UPSTREAMS.items()}
        return {"version": 1, "upstreams": upstreams, "routes": {ROUTE: route}}

    def write(self, root: Path) -> Path:
        """The configuration as a file in *root*; JSON is YAML."""
        path = root / f"{self.name}.yaml"
        path.write_text(json.dumps(self.config(), indent=2))
        return path


DEFAULTS = Variant("defaults", "gateway, defaults")
NO_BREAKER = Variant("no-breaker", "no breaker", upstream={"breaker": "off"})
HEDGED = Variant("hedge", "with hedge: { after: p95 }", upstream=HEDGE)
PEER = Variant("peer", "FastAPI + aiohttp, by hand", peer="bench.peers.profile_with_aiohttp:app")

VARIANTS = (
    DEFAULTS,
    NO_BREAKER,
    Variant("no-retry", "no retry", upstream={"retry": "off"}),
    Variant("no-budget", "no budget, no breaker", upstream={"budget": "off", "breaker": "off"}),
    Variant("no-bulkhead", "no bulkhead", upstream={"bulkhead": "off"}),
    Variant("no-deadline", "no time limit (30 s)", route={"time_limit": "30s"}),
    HEDGED,
    Variant("cache", "with cache (1 s; stale 5 min)", step={"cache": CACHE}),
    Variant("coalesce", "with coalesce: on", step={"coalesce": "on"}),
    Variant(
        "everything",
        "everything on",
        upstream={**HEDGE, "bulkhead": {"slots": "adaptive"}},
        step={"cache": CACHE, "coalesce": "on"},
    ),
    Variant(
        "bare",
        "timeouts only",
        upstream={"breaker": "off", "retry": "off", "bulkhead": "off"},
    ),
    PEER,
)


def chosen(names: list[str]) -> list[Variant]:
    """The variants of these *names*, in their usual order; all of them if there are none.

    Raises ``ValueError`` for a name that is none.
    """
    known = {variant.name for variant in VARIANTS}
    if unknown := set(names) - known:
        raise ValueError(f"no variant {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    return [variant for variant in VARIANTS if not names or variant.name in names]
