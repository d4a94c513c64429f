"""The rows of the table: which server, which path, how many upstream calls, and what a right answer is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.upstreams import ITEMS, USER, large, small

_GATEWAYS = ("gateway", "interpreted", "asgi", "unwatched", "unmetered")
"""Servers that are the gateway, whole or without a part that has no switch."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    ``server`` is a name that ``bench.servers`` knows, ``calls`` the number of upstream calls that one request
    must cause (``None`` where that is not always the same), ``expected`` the decoded answer, ``target`` the
    multiple of bare to stay below. ``short`` rows are in the short table too.
    """

    name: str
    label: str
    server: str
    path: str
    calls: int | None
    expected: Any
    target: float | None = None
    connections: int = 32
    short: bool = False

    @property
    def group(self) -> str:
        """Whose row it is: ``bare``, ``gateway``, ``floor`` or ``peer``."""
        kind = self.server.partition("-")[0]
        known = {"bare": "bare", "floor": "floor"}
        return "gateway" if kind in _GATEWAYS else known.get(kind, "peer")


@dataclass(frozen=True)
class Versus:
    """Two rows that differ in one thing: what it costs is the ratio of ``row`` to ``against``."""

    label: str
    row: str
    against: str
    target: float | None = None


def _parts(make: Callable[[int], Any], numbers: Iterable[int]) -> dict[str, Any]:
    return {"user_id": USER, "parts": {f"p{number}": make(number) for number in numbers}}


def _gateway(name: str, what: str, path: str, calls: int, expected: Any, **more: Any) -> Row:
    return Row(f"gateway-{name}", f"gateway, {what}", "gateway", f"/{path}/{USER}", calls, expected, **more)


def _listed(path: str, what: str, calls: int | None, parts: list[Any]) -> Row:
    label = f"gateway, {what}"
    return Row(
        f"gateway-{path}", label, "gateway", f"/{path}/{_LIST}", calls, {"user_id": USER, "parts": parts}
    )


def _layered(name: str, label: str, calls: int | None) -> Row:
    target = _FLAT_TARGET if name in _IDLE else None
    return _flat(
        f"with-{name}", f"gateway, 3 calls, {label}", f"gateway-with-{name}", calls=calls, target=target
    )


def _flat(name: str, label: str, server: str, calls: int | None = 3, **more: Any) -> Row:
    return Row(name, label, server, f"/flat/{USER}", calls, _THREE, **more)


def _shaped(name: str, label: str, make: Callable[[int], Any]) -> Row:
    return _gateway(name, f"3 calls of 14 kB, {label}", name, 3, _parts(make, (1, 2, 3)))


def _picked(part: int) -> Any:
    orders = [{key: order[key] for key in ("order_id", "sku")} for order in large(part)["orders"]]
    return {"part": part, "orders": orders}


def _renamed(part: int) -> Any:
    return {"number": part, "items": large(part)["orders"]}


def _selected(part: int) -> Any:
    return [order["order_id"] for order in large(part)["orders"] if order["amount"] > 225]


_SHAPES: tuple[tuple[str, str, Callable[[int], Any]], ...] = (
    ("picked", "two fields of each order picked", _picked),
    ("renamed", "two members renamed", _renamed),
    ("selected", "selected by JMESPath", _selected),
)
_ONE = _parts(small, (1,))
_THREE = _parts(small, (1, 2, 3))
_LARGE = _parts(large, (1, 2, 3))
_ITEMS = range(1, ITEMS + 1)
_LIST = f"{USER}?{'&'.join(f'n={item}' for item in _ITEMS)}"
_BARE = {"user_id": USER, "parts": [small(1), small(2)]}
_LAYERS = (
    ("no-retry", "retry: off", 3),
    ("no-breaker", "breaker: off", 3),
    ("no-bulkhead", "bulkhead: off", 3),
    ("hedge-fixed", "hedge after 500 ms, idle", 3),
    ("hedge-live", "hedge after p95", None),
    ("coalesce", "coalesce: on", None),
    ("cached", "cache: all fresh copies", 0),
    ("adaptive", "slots: adaptive", 3),
    ("balanced", "two addresses each", 3),
    ("signed", "calls signed for AWS", 3),
    ("admission", "admission, idle", 3),
)
_FLAT_TARGET = 3.0
_IDLE = {"hedge-fixed", "adaptive", "balanced", "admission"}
"""Layers that have nothing to do in these rows: with them the target of the plain row is to hold as well."""

_TRACED = (
    ("0", "traces on, none sampled", _FLAT_TARGET),
    ("10", "traces, 10 % sampled", None),
    ("100", "traces, all sampled", 5.5),
    ("kept", "traces, degraded, failed and slow ones kept", None),
)
_AT_80_MS = f"/slow/{USER}", 1, _ONE

ROWS: tuple[Row, ...] = (
    Row("bare", "bare ASGI function, 400 B", "bare", f"/user/{USER}", 0, _BARE, short=True),
    _gateway("1", "1 call", "one", 1, _ONE, target=1.8, short=True),
    _gateway("3", "3 calls", "flat", 3, _THREE, target=_FLAT_TARGET, short=True),
    _gateway("profile", "2 calls, 1 dependent", "profile", 3, _THREE),
    _gateway("chain", "chain of 3 calls", "chain", 3, _THREE, target=3.3),
    _gateway("10", "10 calls", "ten", 10, _parts(small, range(1, 11)), target=8.0, short=True),
    _gateway("30", "30 calls", "thirty", 30, _parts(small, range(1, 31)), target=26.0),
    _listed("each", f"for_each of {ITEMS}", ITEMS, [small(1) for _ in _ITEMS]),
    _listed("batch", f"for_each of {ITEMS} in batches", None, [small(item) for item in _ITEMS]),
    _gateway("large", "3 calls of 14 kB", "large", 3, _LARGE, target=4.8, short=True),
    *(_shaped(name, label, make) for name, label, make in _SHAPES),
    _flat("interpreted-3", "gateway, 3 calls, not compiled", "interpreted"),
    _flat("asgi-3", "gateway, 3 calls, not compiled, by way of ASGI", "asgi"),
    _flat("unwatched-3", "gateway, 3 calls, by way of ASGI, no hang-up detection", "unwatched"),
    _flat("unmetered-3", "gateway, 3 calls, no metrics", "unmetered"),
    Row("asgi-slow", "gateway, 1 call of 80 ms, by way of ASGI", "asgi", *_AT_80_MS, connections=512),
    Row(
        "unwatched-slow",
        "gateway, 1 call of 80 ms, by way of ASGI, no hang-up detection",
        "unwatched",
        *_AT_80_MS,
        connections=512,
    ),
    _flat("routes-10", "gateway, 3 calls, 10 routes", "gateway-routes-10"),
    _flat("routes-1000", "gateway, 3 calls, 1,000 routes", "gateway-routes-1000"),
    *(_layered(name, label, calls) for name, label, calls in _LAYERS),
    *(
        _flat(f"traced-{name}", f"gateway, 3 calls, {label}", f"gateway-with-traced-{name}", target=target)
        for name, label, target in _TRACED
    ),
    Row("fastapi-typed", "FastAPI route, no calls, 400 B", "typed", f"/user/{USER}", 0, _BARE),
    _flat("fastapi-aiohttp", "FastAPI + aiohttp, 3 calls", "with_aiohttp", short=True),
    _flat("fastapi-httpx", "FastAPI + httpx, 3 calls", "with_httpx", short=True),
    _flat("node", "Node, fastify + undici, 3 calls", "node", short=True),
    Row("floor-0", "raw socket, no calls, 400 B", "floor", "/floor/0", 0, _BARE),
    Row("floor-3", "raw sockets, 3 calls", "floor", "/floor/3", 3, _BARE),
    Row("floor-10", "raw sockets, 10 calls", "floor", "/floor/10", 10, _BARE),
    Row("floor-large", "raw sockets, 3 calls of 14 kB sent on", "floor", "/floor/large", 3, _LARGE),
    Row("floor-checked", "the same, checked to be JSON by msgspec", "floor", "/floor/checked", 3, _LARGE),
)
"""In the order of the table; ``bare`` is first because every other row is divided by it."""

VERSUS: tuple[Versus, ...] = (
    Versus("1,000 routes instead of 10", "routes-1000", "routes-10", target=1.05),
    Versus(f"a batch for {ITEMS} items instead of a call for each", "gateway-batch", "gateway-each"),
    Versus("compilation", "gateway-3", "interpreted-3"),
    Versus("direct answers, where nothing is compiled", "interpreted-3", "asgi-3"),
    Versus("hang-up detection by way of ASGI, requests of a few ms", "asgi-3", "unwatched-3"),
    Versus("metrics", "gateway-3", "unmetered-3"),
    *(Versus(f"3 calls of 14 kB, {label}", f"gateway-{name}", "gateway-large") for name, label, _ in _SHAPES),
    Versus("retries, idle (they are on by default)", "gateway-3", "with-no-retry"),
    Versus("the breaker", "gateway-3", "with-no-breaker"),
    Versus("the bulkhead", "gateway-3", "with-no-bulkhead"),
    *(Versus(label, f"with-{name}", "gateway-3") for name, label, _ in _LAYERS[3:]),
    *(Versus(label, f"traced-{name}", "gateway-3") for name, label, _ in _TRACED),
    Versus("the same, requests of 80 ms (it is armed after 50)", "asgi-slow", "unwatched-slow"),
)


def chosen(names: Sequence[str]) -> tuple[Row, ...]:
    """The rows of these names, and ``bare``, in table order; all if there are none. Raises ``ValueError``."""
    known = {row.name for row in ROWS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"no such row: {', '.join(unknown)}; there are {', '.join(row.name for row in ROWS)}"
        )
    return tuple(row for row in ROWS if not names or row.name in {*names, "bare"})
