"""Configurations that are made for a row: many routes, many slots, and one layer more or less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MEMORY_SLOTS = 16_000
"""As many calls in flight per upstream as the memory row asks for, and more."""

_UPSTREAMS = """version: 1
{server}upstreams:
  users:  {{ {users}{more} }}
  orders: {{ {orders}{more} }}
  recs:   {{ {recs}{more} }}
routes:
"""
_ONE = {name: f'url: "${{BENCH_{name.upper()}}}"' for name in ("users", "orders", "recs")}
_TWO = dict.fromkeys(_ONE, 'urls: ["${BENCH_USERS}", "${BENCH_ORDERS}"]')

_FLAT = """  GET {path}/{{user_id:int}}:
{more}    steps:
      p1: {{ get: "users/part/1?user_id={{user_id}}"{step} }}
      p2: {{ get: "orders/part/2?user_id={{user_id}}"{step} }}
      p3: {{ get: "recs/part/3?user_id={{user_id}}"{step} }}
    respond: {{ user_id: "{{user_id}}", parts: "{{steps}}" }}
"""


@dataclass(frozen=True)
class Layered:
    """What makes a configuration differ from the default one in one layer."""

    upstream: str = ""
    step: str = ""
    server: str = ""
    addresses: Mapping[str, str] = field(default_factory=lambda: _ONE)


LAYERS = {
    "no-retry": Layered(upstream=", retry: off"),
    "no-breaker": Layered(upstream=", breaker: off"),
    "no-bulkhead": Layered(upstream=", bulkhead: off"),
    "hedge-fixed": Layered(upstream=", hedge: { after: 500ms }"),
    "hedge-live": Layered(upstream=", hedge: { after: p95 }"),
    "coalesce": Layered(step=", coalesce: on"),
    "cached": Layered(step=", cache: { ttl: 10m }"),
    "adaptive": Layered(upstream=", bulkhead: { slots: adaptive, min: 100, initial: 100 }"),
    "balanced": Layered(addresses=_TWO),
    "signed": Layered(
        upstream=", auth: { type: aws_iam, region: eu-west-1, "
        "credentials: { access_key_id: AKIABENCHBENCHBENCH0, secret_access_key: of-nothing } }"
    ),
    "admission": Layered(server="server: { admission: { in_flight: 1000 } }\n"),
    "traced-0": Layered(server="telemetry: { traces: { ratio: 0 } }\n"),
    "traced-10": Layered(server="telemetry: { traces: { ratio: 10% } }\n"),
    "traced-100": Layered(server="telemetry: { traces: { ratio: 1 } }\n"),
    "traced-kept": Layered(server="telemetry: { traces: { keep: [degraded, failed, slow] } }\n"),
}
"""By the name of the row: one layer that is idle (nothing fails, nothing is slow), or one that is missing."""


def with_layer(name: str, root: Path) -> Path:
    """A file with ``/flat`` alone, and one layer more or less than by default."""
    layer = LAYERS[name]
    head = _UPSTREAMS.format(server=layer.server, more=layer.upstream, **layer.addresses)
    return _written(root / f"{name}.yaml", head + _FLAT.format(path="/flat", more="", step=layer.step))


def with_routes(count: int, root: Path) -> Path:
    """A file with ``/flat`` as in ``gateway.yaml``, in the middle of *count* routes in all."""
    others = [_FLAT.format(path=f"/shop{n % 10}/area{n // 10}", more="", step="") for n in range(count - 1)]
    half = len(others) // 2
    routes = [*others[:half], _FLAT.format(path="/flat", more="", step=""), *others[half:]]
    return _written(
        root / f"routes-{count}.yaml", _UPSTREAMS.format(server="", more="", **_ONE) + "".join(routes)
    )


def with_slots(slots: int, root: Path) -> Path:
    """A file with ``/flat`` alone; its calls may take long, and so many of them may be under way."""
    more = f", timeout: 20s, connect_timeout: 10s, bulkhead: {{ slots: {slots} }}"
    route = _FLAT.format(path="/flat", more="    time_limit: 30s\n", step="")
    return _written(root / f"slots-{slots}.yaml", _UPSTREAMS.format(server="", more=more, **_ONE) + route)


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
