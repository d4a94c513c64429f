"""The checked tree → a `Config`; what pydantic finds is put into plain words at its place."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from gateway.config.environment import EnvText
from gateway.config.faults import Fault, Place, Wrong, did_you_mean
from gateway.config.models import Config
from gateway.config.nodes import BROKEN, Entry, Mapping, Node, Path, Scalar, follow, plain
from gateway.config.scalars import resolve
from gateway.config.shaping import WHOLE
from gateway.config.specs import label_of
from gateway.config.surface import keys_of, model_at

_ADAPTER: TypeAdapter[Config] = TypeAdapter(Config)
_LISTS = frozenset(("tuple_type", "list_type", "frozen_set_type", "set_type"))
_MAPPINGS = frozenset(("dataclass_type", "dict_type", "mapping_type"))
_OTHER_WAYS = {"depends_on": "a reference such as `{user.id}` makes its step wait for that one"}
"""Keys of other gateways, and how the same is said here."""
LONGEST_SHOWN = 60


def read(root: Mapping, faults: list[Fault]) -> Config | None:
    """The configuration that *root* says, or None and its faults."""
    try:
        return _ADAPTER.validate_python(plain(root))
    except ValidationError as error:
        told: set[tuple[Place, str]] = set()
        for details in error.errors(include_url=False):
            fault, topic = _fault_of(details, root)
            # What `defaults` says wrongly is wrong in every upstream; the first telling is the one to keep.
            if fault is not None and (fault.place, topic) not in told:
                told.add((fault.place, topic))
                faults.append(fault)
        return None


def _fault_of(details: ErrorDetails, root: Node) -> tuple[Fault | None, str]:
    """The fault, if it is worth telling, and what tells it apart from others at its place."""
    kind, path = details["type"], details["loc"]
    of_key = bool(path) and path[-1] == "[key]"
    path = path[:-1] if of_key else path
    wrong = (details.get("ctx") or {}).get("error")
    inner = wrong.at if isinstance(wrong, Wrong) else ()
    entry, depth = follow(root, (*path, *inner))
    whole = depth == len(path) + len(inner)
    if whole and isinstance(entry.value, Scalar) and entry.value.value is BROKEN:
        return None, ""
    at_value = whole and isinstance(entry.value, Scalar) and not of_key
    place = entry.value.place if at_value else entry.place
    if isinstance(wrong, Wrong):
        if at_value and isinstance(entry.value, Scalar) and entry.value.value is None:
            wrong = Wrong("there is no value", wrong.hint.replace("{it}", ""))
        it = str(path[-1]) if of_key else shown(entry)
        prefix = "" if of_key or inner else _subject(path)
        return _wrong(wrong, place, it, path, root, prefix), "value"
    if kind == "unexpected_keyword_argument":
        model = model_at(path[:-1])
        keys = keys_of(model) if model else []
        hint = _OTHER_WAYS.get(str(path[-1])) or did_you_mean(str(path[-1]), keys)
        hint = hint or f"known here: {', '.join(keys)}"
        return Fault(entry.place, f"unknown key `{path[-1]}` in {_label(model)}", hint), "key"
    if kind == "missing":
        message = f"`{path[-1]}` is missing in {_label(model_at(path[:-1]))}"
        return Fault(place, message), str(path[-1])
    if kind in _MAPPINGS or kind in _LISTS:
        return Fault(place, *_shape(kind, entry, path)), "value"
    return Fault(place, f"`{path[-1]}`: {details['msg']}"), "value"


def _wrong(wrong: Wrong, place: Place, it: str, path: Path, root: Node, prefix: str) -> Fault:
    also = [follow(root, (*path, *other)) for other in wrong.also]
    places = tuple(
        entry.value.place if isinstance(entry.value, Scalar) else entry.place
        for (entry, depth), other in zip(also, wrong.also, strict=True)
        if depth == len(path) + len(other)
    )
    hint = wrong.hint.replace("{it}", it)
    return Fault(place, prefix + wrong.message.replace("{it}", f"`{it}`" if it else "this"), hint, places)


def _subject(path: Path) -> str:
    """``timeout: `` in front of a message about its value, so that its first line says it all."""
    key = next((key for key in reversed(path) if isinstance(key, str) and key != WHOLE), "")
    return f"{key}: " if key else ""


def _shape(kind: str, entry: Entry, path: Path) -> tuple[str, str]:
    """Message and hint for a value that is neither mapping nor list where one is expected."""
    wanted = "mapping" if kind in _MAPPINGS else "list"
    model = model_at(path)
    written = shown(entry) if isinstance(entry.value, Scalar) and entry.value.source else "a, b"
    example = "write key: value under it" if wanted == "mapping" else f"write [{written}]"
    subject = f"`{path[-1]}`" if path and isinstance(path[-1], str) else "this"
    if isinstance(entry.value, Scalar) and entry.value.value is None:
        return f"{subject} has no value", example
    what = f" ({label_of(model)})" if model and path and subject != _label(model) else ""
    return f"{subject} must be a {wanted}{what}", example


def shown(entry: Entry) -> str:
    """A value as people are shown it: as written, cut if long; never what the environment said.

    Empty for a mapping or a list.
    """
    if not isinstance(entry.value, Scalar):
        return ""
    source, value = entry.value.source, entry.value.value
    if isinstance(value, str) and not isinstance(value, EnvText) and not isinstance(_resolved(source), str):
        source = f'"{source}"'  # text that looks like a number: the quotes are what is wrong
    return source if len(source) <= LONGEST_SHOWN else source[: LONGEST_SHOWN - 1] + "…"


def _resolved(source: str) -> Any:
    try:
        return resolve(source)
    except Wrong:
        return None


def _label(model: type | None) -> str:
    return label_of(model) if model else "this mapping"
