"""What is made of a JSON document before it is passed on: the same keys on a step and on a route.

The fields of `ShapeSpec` stand in the order in which they are done, whatever order they are written in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from gateway.config.faults import Wrong
from gateway.config.kinds import Count, Flag, MaybeText, Text
from gateway.config.on_or_off import given
from gateway.config.specs import fields_of, spec

WHOLE = "@"
"""The path of the whole document."""


def _one_or_more(value: Any) -> Any:
    """A list; one text stands for a list of one."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and not value:
        raise Wrong("an empty list says nothing", "remove the key, or write what is meant")
    return value


def _of_whole(value: Any) -> Any:
    """A mapping by paths; what is none is for the whole document."""
    if isinstance(value, dict):
        return _not_empty(value)
    if value is None:
        raise Wrong("there is no value")
    return {WHOLE: value}


def _not_empty(value: Any) -> Any:
    if isinstance(value, dict) and not value:
        raise Wrong("an empty mapping says nothing", "remove the key, or write what is meant")
    return value


_TEXTS = Text | list[Text]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_one_or_more, json_schema_input_type=_TEXTS)]
Renames = Annotated[dict[Text, Text], BeforeValidator(_not_empty, json_schema_input_type=dict[Text, Text])]


@spec("`join`")
class JoinSpec:
    """One entry of ``join:``, under the path of the list whose elements get something."""

    lookup: Text = Field(description="The path of the list to look up in.")
    on: Renames = Field(description="Keys of our elements, each with theirs that must be the same.")
    into: Text = Field(description="The member of our elements that gets what was found.")
    many: Flag = Field(default=False, description="All that was found, as a list; else the first, or null.")


@spec("an item of `shape`")
class ShapeSpec:
    """One stage of a shape: these keys, in this order.

    What is a mapping by paths may be a plain value too: then it is for the whole document.
    """

    select: MaybeText = Field(default=None, description="A JMESPath expression: its result is the document.")
    unwrap: MaybeText = Field(default=None, description="The path of the part that becomes the document.")
    flatten: Texts = Field(default=(), description="Paths of lists of lists that become one list.")
    join: Annotated[dict[Text, JoinSpec], BeforeValidator(_not_empty)] = Field(
        default_factory=dict, description="Paths of lists whose elements get what belongs to them."
    )
    sort: Annotated[
        dict[Text, Texts], BeforeValidator(_of_whole, json_schema_input_type=_TEXTS | dict[Text, _TEXTS])
    ] = Field(default_factory=dict, description="Paths of lists, each with its keys; -key is descending.")
    limit: Annotated[
        dict[Text, Count], BeforeValidator(_of_whole, json_schema_input_type=Count | dict[Text, Count])
    ] = Field(default_factory=dict, description="Paths of lists, each with how many elements stay.")
    pick: Texts = Field(default=(), description="Paths of what is kept; everything else is left out.")
    omit: Texts = Field(default=(), description="Paths of what is left out.")
    move: Renames = Field(default_factory=dict, description="Paths of parts, each with where it is put.")
    append: Renames = Field(
        default_factory=dict, description="Paths of lists, each with the list that gets its elements."
    )
    rename: Renames = Field(default_factory=dict, description="Paths of members, each with its new name.")
    set: Annotated[dict[Text, Any], BeforeValidator(_not_empty)] = Field(
        default_factory=dict, description="Paths, each with a constant that is put there."
    )
    group: Annotated[
        dict[Text, Text], BeforeValidator(_of_whole, json_schema_input_type=Text | dict[Text, Text])
    ] = Field(
        default_factory=dict, description="Paths of lists that become objects of lists, each by this key."
    )
    wrap: MaybeText = Field(default=None, description="The name under which the whole document is put.")


@spec("a shape")
class Shaped(ShapeSpec):
    """What a step and a route have in common: the keys of one stage, or ``shape`` with several."""

    shape: Annotated[tuple[ShapeSpec, ...], given(list[ShapeSpec])] = Field(
        default=(), description="Several of these, one after the other, in place of the keys themselves."
    )

    @property
    def stages(self) -> Iterator[tuple[tuple[str | int, ...], ShapeSpec]]:
        """What is done in what order, each with the path under which it is written."""
        if self.shape:
            yield from ((("shape", index), stage) for index, stage in enumerate(self.shape))
        elif written_in(self):
            yield (), self

    @model_validator(mode="after")
    def _is_written_in_one_form(self) -> Shaped:
        beside = written_in(self)
        if self.shape and beside:
            message = f"`{beside[0]}` stands beside `shape`"
            raise Wrong(message, "make it an item of `shape`", (beside[0],), (("shape",),))
        return self


def named_at_the_top(shape: Shaped, name: str) -> tuple[str | int, ...] | None:
    """Where a member of the whole document gets this name; ``None`` if nowhere. For names that are words."""
    for path, stage in shape.stages:
        if _first(stage.wrap or "") == name:
            return (*path, "wrap")
        for key, new in stage.rename.items():
            if new == name and _first(key) == key:
                return (*path, "rename", key)
        for key in stage.set:
            if _first(key) == name:
                return (*path, "set", key)
        for op, targets in (("move", stage.move), ("append", stage.append)):
            for key, target in targets.items():
                if _first(target) == name:
                    return (*path, op, key)
    return None


def _first(path: str) -> str:
    return path.partition(".")[0]


KEYS = tuple(fields_of(ShapeSpec))
"""In the order in which they are done."""


def written_in(stage: ShapeSpec) -> list[str]:
    """The keys that say something, in the order in which they are done."""
    return [key for key in KEYS if getattr(stage, key) not in (None, (), {})]
