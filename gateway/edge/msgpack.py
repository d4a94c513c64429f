"""A JSON answer as MessagePack. Integers that it has no form for become text; nothing else is changed."""

from __future__ import annotations

from typing import Any, Final

import msgspec

_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.msgpack.Encoder().encode

_SMALLEST: Final = -(2**63)
_LARGEST: Final = 2**64 - 1


def to_msgpack(body: bytes) -> bytes:
    """*body*, checked JSON, as MessagePack."""
    data = _decode(body)
    try:
        return _encode(data)
    except OverflowError:
        return _encode(_fitting(data))


def _fitting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _fitting(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fitting(inner) for inner in value]
    if isinstance(value, int) and not _SMALLEST <= value <= _LARGEST:
        return str(value)
    return value
