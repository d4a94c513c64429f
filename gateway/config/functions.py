"""Sources that are async functions: ``python:`` by name, ``source:`` brought along by a distribution."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import Field, PlainValidator, WithJsonSchema

from gateway.config.faults import Wrong
from gateway.config.kinds import ABSENT, Absent, Name, text
from gateway.config.nodes import Entry, Mapping, Scalar, each
from gateway.config.on_or_off import given
from gateway.config.specs import spec

_PATTERN: Final = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*"
_function = re.compile(_PATTERN).fullmatch
_unnamed = re.compile(r"[^A-Za-z0-9]+")


def function(value: Any) -> str:
    """``package.module:function``. Raises `Wrong`."""
    written = text(value)
    if _function(written) is None:
        raise Wrong("{it} is not a function", "write package.module:function")
    return written


FunctionName = Annotated[
    str,
    PlainValidator(function),
    WithJsonSchema({"type": "string", "pattern": f"^({_PATTERN}|.*\\$\\{{.*)$"}),
]


@spec("a step")
class FunctionCall:
    """What a step says to a function."""

    python: Annotated[FunctionName | None, given(FunctionName)] = Field(
        default=None,
        description="In place of a call: the async function that answers, as package.module:function.",
    )
    with_: Any | Absent = Field(
        default=ABSENT,
        alias="with",
        description="What the function is called with: any JSON value; every text in it is a template.",
    )


@spec("`source`")
class SourceSpec:
    """``source:`` of an upstream - a source that another distribution brings along."""

    name: Name = Field(description="Its name in the entry-point group gateway.sources.")
    options: dict[str, Any] = Field(
        default_factory=dict, description="What it is made with; it says which there are."
    )


def with_functions(root: Mapping) -> Mapping:
    """*root* with an upstream for each function that a step, or its undo, names: it has all guards."""
    upstreams = root.get("upstreams")
    made: dict[str, Entry] = {}
    taken = upstreams.entries if isinstance(upstreams, Mapping) else {}

    def call(node: Mapping) -> Mapping:
        entry = node.entries.get("python")
        if entry is None or not isinstance(entry.value, Scalar) or "upstream" in node.entries:
            return node
        name = _name(entry.value.source, taken)
        made[name] = Entry(entry.place, Mapping(entry.place, {"python": entry}))
        named = Entry(entry.place, Scalar(entry.value.place, name, name, verbatim=True))
        return node.replaced({**node.entries, "upstream": named})

    def step(_: str, __: Entry, node: Mapping) -> Mapping:
        undo = node.entries.get("undo")
        if undo is not None and isinstance(undo.value, Mapping):
            node = node.replaced({**node.entries, "undo": Entry(undo.place, call(undo.value))})
        return call(node)

    root = each(root, "routes", lambda _name, _entry, route: each(route, "steps", step))
    if not made:
        return root
    place = root.entries["upstreams"].place if "upstreams" in root.entries else root.place
    all_of_them = Entry(place, Mapping(place, {**taken, **made}))
    return root.replaced({**root.entries, "upstreams": all_of_them})


def _name(written: str, taken: Any) -> str:
    """``python-package-module-function``, unless an upstream is called so."""
    name = f"python-{_unnamed.sub('-', written).strip('-')}"
    while name in taken:
        name += "-step"
    return name
