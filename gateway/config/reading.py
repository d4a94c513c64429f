"""The checked tree → a `Config`; what pydantic finds is put into plain words at its place."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping as AbstractMapping
from typing import Annotated, Any, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from gateway.config.calls import VERBS
from gateway.config.faults import Fault, Place, Wrong, did_you_mean
from gateway.config.models import Config
from gateway.config.nodes import BROKEN, Entry, Mapping, Node, Path, Scalar, follow, plain
from gateway.config.route import RouteSpec
from gateway.config.step import StepSpec

_ADAPTER: TypeAdapter[Config] = TypeAdapter(Config)
_LISTS = frozenset(("tuple_type", "list_type", "frozen_set_type", "set_type"))
_MAPPINGS = frozenset(("dataclass_type", "dict_type", "mapping_type"))
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


def keys_of(model: type) -> list[str]:
    """The keys people write in a mapping of this model."""
    fields = list(cast("AbstractMapping[str, Any]", model.__dict__["__pydantic_fields__"]))
    if model is StepSpec:
        return [*VERBS, *fields]
    if model is RouteSpec:
        return [field for field in fields if field not in {"method", "pattern"}]
    return fields


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
        return _wrong(wrong, place, str(path[-1]) if of_key else shown(entry), path, root), "value"
    if kind == "unexpected_keyword_argument":
        model = _model_at(path[:-1])
        hint = did_you_mean(str(path[-1]), keys_of(model)) if model else ""
        return Fault(entry.place, f"unknown key `{path[-1]}` in {_label(model)}", hint), "key"
    if kind == "missing":
        message = f"`{path[-1]}` is missing in {_label(_model_at(path[:-1]))}"
        return Fault(place, message), str(path[-1])
    if kind in _MAPPINGS or kind in _LISTS:
        return Fault(place, *_shape(kind, entry, path)), "value"
    return Fault(place, f"`{path[-1]}`: {details['msg']}"), "value"


def _wrong(wrong: Wrong, place: Place, it: str, path: Path, root: Node) -> Fault:
    also = [follow(root, (*path, *other)) for other in wrong.also]
    places = tuple(
        entry.value.place if isinstance(entry.value, Scalar) else entry.place
        for (entry, depth), other in zip(also, wrong.also, strict=True)
        if depth == len(path) + len(other)
    )
    hint = wrong.hint.replace("{it}", it)
    return Fault(place, wrong.message.replace("{it}", f"`{it}`"), hint, places)


def _shape(kind: str, entry: Entry, path: Path) -> tuple[str, str]:
    """Message and hint for a value that is neither mapping nor list where one is expected."""
    wanted = "mapping" if kind in _MAPPINGS else "list"
    model = _model_at(path)
    example = "write key: value under it" if wanted == "mapping" else "write [a, b]"
    subject = f"`{path[-1]}`" if path and isinstance(path[-1], str) else "this"
    if isinstance(entry.value, Scalar) and entry.value.value is None:
        return f"{subject} has no value", example
    what = f" ({model.__dict__['__spec_label__']})" if model and path and subject != _label(model) else ""
    return f"{subject} must be a {wanted}{what}", example


def shown(entry: Entry) -> str:
    """A value as people are shown it: as written, cut if long; never what the environment said."""
    if not isinstance(entry.value, Scalar):
        return "this"
    source = entry.value.source
    return source if len(source) <= LONGEST_SHOWN else source[: LONGEST_SHOWN - 1] + "…"


def _label(model: type | None) -> str:
    return str(model.__dict__["__spec_label__"]) if model else "this mapping"


def _model_at(path: Path) -> type | None:
    """The spec that describes the mapping at *path*."""
    kind: Any = Config
    for key in path:
        kind = _bare(kind)
        if hasattr(kind, "__pydantic_fields__"):
            field = kind.__pydantic_fields__.get(key)
            kind = field.annotation if field else None
        elif typing.get_origin(kind) is dict:
            kind = typing.get_args(kind)[1]
        else:
            return None
    kind = _bare(kind)
    return kind if hasattr(kind, "__spec_label__") else None


def _bare(kind: Any) -> Any:
    """*kind* without Annotated and ``| None``."""
    while True:
        origin = typing.get_origin(kind)
        if origin is Annotated:
            kind = typing.get_args(kind)[0]
        elif origin in {typing.Union, types.UnionType}:
            kind = next(part for part in typing.get_args(kind) if part is not type(None))
        else:
            return kind
