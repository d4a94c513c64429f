"""What shapes of a 14 kB body cost by themselves, for ``python -m bench.micro``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from pydantic import TypeAdapter

from bench.upstreams import encoded, large
from gateway.compiler.shape import ShapeTemplate
from gateway.config.shaping import Shaped

_BODY = encoded(large(1))

SHAPES: Mapping[str, Mapping[str, Any]] = {
    "pick one member": {"pick": ["part"]},
    "pick the list": {"pick": ["orders"]},
    "pick two fields of 190 elements": {"pick": ["orders.*.order_id", "orders.*.sku"]},
    "omit a member": {"omit": ["part"]},
    "omit a field of 190 elements": {"omit": ["orders.*.amount"]},
    "rename a member": {"rename": {"orders": "items"}},
    "rename a field of 190 elements": {"rename": {"orders.*.sku": "code"}},
    "unwrap, sort and limit 190 elements": {"unwrap": "orders", "sort": "-amount", "limit": 10},
    "group 190 elements": {"group": {"orders": "status"}},
    "select a projection of 190 elements": {"select": "orders[*].{id: order_id, sku: sku}"},
    "select 10 elements by a filter": {"select": "orders[?amount > `225`].order_id"},
}
"""By what is done: the keys of a step."""


def shape_pieces() -> dict[str, Callable[[], object]]:
    """Every shape, and decoding and encoding the body as the yardstick."""
    adapter = TypeAdapter(Shaped)
    pieces: dict[str, Callable[[], object]] = {
        "shape: decode and encode 14 kB": lambda: msgspec.json.encode(msgspec.json.decode(_BODY))
    }
    for name, keys in SHAPES.items():
        shape = ShapeTemplate(adapter.validate_python(dict(keys))).compiled()
        assert shape is not None, "it has keys"
        pieces[f"shape: {name}"] = lambda shape=shape: shape(_BODY)  # type: ignore[misc]
    return pieces
