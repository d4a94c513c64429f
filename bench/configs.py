"""Configurations that are made for a row: many routes, and many slots."""

from __future__ import annotations

from pathlib import Path

MEMORY_SLOTS = 16_000
"""As many calls in flight per upstream as the memory row asks for, and more."""

_UPSTREAMS = """version: 1
upstreams:
  users:  {{ url: "${{BENCH_USERS}}"{more} }}
  orders: {{ url: "${{BENCH_ORDERS}}"{more} }}
  recs:   {{ url: "${{BENCH_RECS}}"{more} }}
routes:
"""

_FLAT = """  GET {path}/{{user_id:int}}:
{more}    steps:
      p1: {{ get: "users/part/1?user_id={{user_id}}" }}
      p2: {{ get: "orders/part/2?user_id={{user_id}}" }}
      p3: {{ get: "recs/part/3?user_id={{user_id}}" }}
    respond: {{ user_id: "{{user_id}}", parts: "{{steps}}" }}
"""


def with_routes(count: int, root: Path) -> Path:
    """A file with ``/flat`` as in ``gateway.yaml``, in the middle of *count* routes in all."""
    others = [_FLAT.format(path=f"/shop{n % 10}/area{n // 10}", more="") for n in range(count - 1)]
    half = len(others) // 2
    routes = [*others[:half], _FLAT.format(path="/flat", more=""), *others[half:]]
    return _written(root / f"routes-{count}.yaml", _UPSTREAMS.format(more="") + "".join(routes))


def with_slots(slots: int, root: Path) -> Path:
    """A file with ``/flat`` alone; its calls may take long, and so many of them may be under way."""
    more = f", timeout: 20s, connect_timeout: 10s, bulkhead: {{ slots: {slots} }}"
    route = _FLAT.format(path="/flat", more="    time_limit: 30s\n")
    return _written(root / f"slots-{slots}.yaml", _UPSTREAMS.format(more=more) + route)


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
