"""The rows of the table: which server, which path, how many upstream calls, and what a right answer is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.upstreams import USER, large, small


@dataclass(frozen=True)
class Row:
    """One line of the table.

    ``server`` is ``gateway`` or a module of ``bench.peers``, ``calls`` the number of upstream calls that one
    request must cause, ``expected`` the decoded answer, ``target`` the multiple of bare to stay below.
    """

    name: str
    label: str
    server: str
    path: str
    calls: int
    expected: Any
    target: float | None = None


def _parts(make: Callable[[int], Any], numbers: Iterable[int]) -> dict[str, Any]:
    return {"user_id": USER, "parts": {f"p{number}": make(number) for number in numbers}}


_THREE = _parts(small, (1, 2, 3))
_BARE = {"user_id": USER, "parts": [small(1), small(2)]}

ROWS: tuple[Row, ...] = (
    Row("bare", "bare ASGI function, 400 B", "bare", f"/user/{USER}", 0, _BARE),
    Row("gateway-1", "gateway, 1 call", "gateway", f"/one/{USER}", 1, _parts(small, (1,))),
    Row("gateway-3", "gateway, 3 calls", "gateway", f"/flat/{USER}", 3, _THREE, target=4.0),
    Row("gateway-profile", "gateway, 2 calls, 1 dependent", "gateway", f"/profile/{USER}", 3, _THREE),
    Row("gateway-chain", "gateway, chain of 3 calls", "gateway", f"/chain/{USER}", 3, _THREE),
    Row("gateway-10", "gateway, 10 calls", "gateway", f"/ten/{USER}", 10, _parts(small, range(1, 11))),
    Row(
        "gateway-large", "gateway, 3 calls of 14 kB", "gateway", f"/large/{USER}", 3, _parts(large, (1, 2, 3))
    ),
    Row("fastapi-typed", "FastAPI route, no calls, 400 B", "typed", f"/user/{USER}", 0, _BARE),
    Row("fastapi-aiohttp", "FastAPI + aiohttp, 3 calls", "with_aiohttp", f"/flat/{USER}", 3, _THREE),
    Row("fastapi-httpx", "FastAPI + httpx, 3 calls", "with_httpx", f"/flat/{USER}", 3, _THREE),
)
"""In the order of the table; ``bare`` is first because every other row is divided by it."""


def chosen(names: Sequence[str]) -> tuple[Row, ...]:
    """The rows of these names, and ``bare``, in table order; all if there are none. Raises ``ValueError``."""
    known = {row.name for row in ROWS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"no such row: {', '.join(unknown)}; there are {', '.join(row.name for row in ROWS)}"
        )
    return tuple(row for row in ROWS if not names or row.name in {*names, "bare"})
