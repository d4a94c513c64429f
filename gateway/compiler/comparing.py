"""What a condition says, as a tree, and the function that decides it while a request runs.

Rules of the file:
1. A missing value is ``null``; deciding never fails.
2. An operand alone holds unless it is ``null``, ``false``, ``0``, ``''``, ``[]`` or ``{}``.
3. Values are compared as JSON has them: ``'5'`` is not ``5`` and ``true`` is not ``1``. Only numbers with
   numbers and texts with texts are less or greater.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gateway.compiler.names import Use
from gateway.compiler.reads import json_read

if TYPE_CHECKING:
    from gateway.outcome import Outcome

Decide = Callable[[Sequence[Any], "Sequence[Outcome | None]"], Any]
"""Gives the decoded value of an operand, or whether a condition holds, from ``(inputs, outcomes)``."""

_ORDERED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_decode: Final = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is written in the condition."""

    value: Any


@dataclass(frozen=True, slots=True)
class Exists:
    """There is a value, and it is not ``null``."""

    use: Use


@dataclass(frozen=True, slots=True)
class Not:
    """The other does not hold."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Several:
    """All of the parts hold, or any of them."""

    every: bool
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """``==``, ``!=``, ``<``, ``<=``, ``>`` or ``>=`` between two operands."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Inside:
    """The left one is an element of the right one; what is no list has none."""

    left: Node
    right: Node


Node = Use | Constant | Exists | Not | Several | Compare | Inside


def deciding(node: Node) -> Decide:
    """The function that decides *node*. Only when all templates of the route have been read."""
    if isinstance(node, Use):
        return _value(node)
    if isinstance(node, Constant):
        constant = node.value
        return lambda _inputs, _outcomes: constant
    if isinstance(node, Exists):
        there = _value(node.use)
        return lambda inputs, outcomes: there(inputs, outcomes) is not None
    if isinstance(node, Not):
        inner = deciding(node.inner)
        return lambda inputs, outcomes: not inner(inputs, outcomes)
    if isinstance(node, Several):
        parts, gather = [deciding(part) for part in node.parts], all if node.every else any
        return lambda inputs, outcomes: gather(part(inputs, outcomes) for part in parts)
    left, right = deciding(node.left), deciding(node.right)
    holds = _inside if isinstance(node, Inside) else _comparing(node.sign)
    return lambda inputs, outcomes: holds(left(inputs, outcomes), right(inputs, outcomes))


def _value(use: Use) -> Decide:
    read = json_read(use)

    def value(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> Any:
        found = read(inputs, outcomes)
        return _decode(found) if found.__class__ is bytes else None

    return value


def _comparing(sign: str) -> Callable[[Any, Any], bool]:
    if sign == "==":
        return same
    if sign == "!=":
        return lambda one, other: not same(one, other)
    compare = _ORDERED[sign]
    return lambda one, other: _comparable(one, other) and compare(one, other)


def _inside(one: Any, items: Any) -> bool:
    return isinstance(items, list) and any(same(one, item) for item in items)


def _comparable(one: Any, other: Any) -> bool:
    return (isinstance(one, str) and isinstance(other, str)) or (is_number(one) and is_number(other))


def is_number(value: Any) -> bool:
    """Whether *value* is a JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same(one: Any, other: Any) -> bool:
    """JSON's equality: ``1`` is ``1.0``, but ``true`` is not ``1``."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)
