"""Reads fields of a JSON request body into their slots, as the bytes they were sent with.

Each level of the body is decoded once, however many fields are used; what is not used is only checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from gateway.edge.inputs import Violation, Wanted
from gateway.edge.values import checked_json
from gateway.plan.fields import Json, is_null, items, members, text_of
from gateway.sources.bodies import too_deep

_whole = msgspec.json.Decoder(msgspec.Raw).decode
_BOM: Final = b"\xef\xbb\xbf"

Store = Callable[[bytes | None, list[Any], list[Violation]], None]


def body_part(wanted: Sequence[Wanted]) -> Callable[[bytes | None, list[Any], list[Violation]], None]:
    """Reads body fields. An empty body is a missing one: every field of it is missing."""
    tree = _Level()
    for one in wanted:
        tree.add(one.input.keys, _storing(one))

    def read(body: bytes | None, values: list[Any], faults: list[Violation]) -> None:
        if not body:
            tree.visit(None, values, faults)
            return
        body = body.removeprefix(_BOM)
        fault = json_fault(body)
        if fault is not None:
            faults.append(Violation("body", fault))
            return
        tree.visit(body, values, faults)

    return read


def json_fault(body: bytes) -> str | None:
    """Why *body* is no JSON document that could be passed on; ``None`` if it is one."""
    try:
        if not body.isascii():
            body.decode()
        _whole(body)
    except UnicodeDecodeError:
        return "is not UTF-8"
    except msgspec.DecodeError:
        return "is not JSON"
    except RecursionError:
        return "is nested too deep"
    return "is nested too deep" if too_deep(body) else None


class _Level:
    """A place in the body: who wants it, and the places below it that are wanted."""

    def __init__(self) -> None:
        self.stores: list[Store] = []
        self.names: dict[str, _Level] = {}
        self.indices: dict[int, _Level] = {}

    def add(self, keys: Sequence[str | int], store: Store) -> None:
        level = self
        for key in keys:
            if isinstance(key, str):
                level = level.names.setdefault(key, _Level())
            else:
                level = level.indices.setdefault(key, _Level())
        level.stores.append(store)

    def visit(self, data: Json | None, values: list[Any], faults: list[Violation]) -> None:
        for store in self.stores:
            store(None if data is None else bytes(data), values, faults)
        by_name = (members(data) if data is not None and self.names else None) or {}
        by_index = (items(data) if data is not None and self.indices else None) or ()
        for name, level in self.names.items():
            level.visit(by_name.get(name), values, faults)
        for index, level in self.indices.items():
            level.visit(by_index[index] if index < len(by_index) else None, values, faults)


def _storing(one: Wanted) -> Store:
    """What takes the field for one input: ``None`` for one that is not there."""
    wanted, check = one.input, _checking(one)

    def store(data: bytes | None, values: list[Any], faults: list[Violation]) -> None:
        if data is None or is_null(data):
            if wanted.required and (data is None or wanted.text or wanted.most is not None):
                faults.append(Violation(one.name, "is missing"))
            elif data is not None:
                values[one.slot] = b"null"
            return
        checked = _each(data, check, one.name, wanted.most) if wanted.many else check(data)
        if isinstance(checked, Violation):
            faults.append(checked)
        else:
            values[one.slot] = checked

    return store


def _each(
    data: bytes, check: Callable[[bytes], bytes | Violation], name: str, most: int | None
) -> bytes | Violation:
    elements = items(data)
    if elements is None:
        return Violation(name, "is not a list")
    if most is not None and len(elements) > most:
        return Violation(name, f"has more than {most} items")
    checked = [check(bytes(element)) for element in elements]
    wrong = next((value for value in checked if isinstance(value, Violation)), None)
    return wrong or b"[" + b",".join(value for value in checked if isinstance(value, bytes)) + b"]"


def _checking(one: Wanted) -> Callable[[bytes], bytes | Violation]:
    wanted = one.input
    typed = None if wanted.type == "json" else checked_json(wanted.type)
    not_one = Violation(one.name, f"is not {'an' if wanted.type == 'int' else 'a'} {wanted.type}")
    not_text = Violation(one.name, "is not a text, number or boolean")

    def check(data: bytes) -> bytes | Violation:
        if typed is not None:
            canonical = typed(data)
            if canonical is None:
                return not_one
            data = canonical
        if wanted.text:
            text = text_of(data)
            if text is None:
                return not_text
            refused = one.check_place(text)
            if refused is not None:
                return Violation(one.name, refused)
        return data

    return check
