"""Steps that make many calls of one, and one call of many: ``for_each:`` and ``batch:``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from gateway.config.faults import Wrong
from gateway.config.kinds import Count, Flag, Shown, Text, choice, count, text, words_schema
from gateway.config.nodes import Entry, Mapping, Scalar
from gateway.config.on_or_off import given
from gateway.config.specs import spec
from gateway.config.units import DURATION_PATTERN, duration, duration_text

MOST_ITEMS = 10_000
"""Calls of one step of one request; for more than these an endpoint that takes a list is what is wanted."""

LONGEST_WINDOW = 1.0
"""Seconds; every call of the step waits as long, so a longer one is a mistake."""


def most_items(value: Any) -> int:
    """How many items a list may have. Raises `Wrong`."""
    return count(1, MOST_ITEMS)(value)


def window(value: Any) -> float:
    """Seconds that a batch waits for keys; ``off`` is none. Raises `Wrong`."""
    if value is False or value == "off":
        return 0.0
    length = duration(value)
    if length > LONGEST_WINDOW:
        raise Wrong("{it} is longer than 1s", "every call of the step waits as long; 2ms is usual")
    return length


def member_path(value: Any) -> str:
    """Names with dots between them. Raises `Wrong`."""
    names = text(value).split(".")
    if not all(names):
        raise Wrong("{it} is not a path of members", "write names with dots between them: data.items")
    return str(value)


def _given_text(read: Any) -> Any:
    return lambda value: None if value is None else read(value)


Items = Annotated[
    Literal["required", "optional"],
    PlainValidator(choice("required", "optional")),
    words_schema("required", "optional"),
]
MostItems = Annotated[
    int,
    PlainValidator(most_items),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST_ITEMS}),
]
Window = Annotated[
    float,
    PlainValidator(window),
    WithJsonSchema({"type": "string", "pattern": rf"^({DURATION_PATTERN}|off|.*\$\{{.*)$"}),
    Shown(lambda value: duration_text(value) if value else "off"),
]
MemberPath = Annotated[
    str | None, PlainValidator(_given_text(member_path)), WithJsonSchema({"type": "string"}), given(str)
]
Member = Annotated[
    str | None, PlainValidator(_given_text(text)), WithJsonSchema({"type": "string"}), given(str)
]


@spec("`for_each`")
class ForEachSpec:
    """``for_each:`` - the step's call is made once per item of a list; its answer is the list of answers."""

    of: Text = Field(description='A reference to the list. `for_each: "{…}"` is short for it.')
    concurrency: Count = Field(default=10, description="Items of one request under way at once.")
    max_items: MostItems = Field(
        default=100, description="The longest list; for a longer one no call is made (too_large, or 400)."
    )
    items: Items = Field(
        default="optional",
        description="optional: a failed item is null, and told. required: it fails the whole step.",
    )


@spec("`batch`")
class BatchSpec:
    """``batch:`` - what calls ask for within a moment is one call, and each gets its own of the answer.

    ``window`` is seconds, zero for ``off``.
    """

    key: Text = Field(
        description="A reference to what the call asks for. The call reads all of them as `{keys}`."
    )
    by: Member = Field(
        default=None,
        description="The member of an item that says its key, where the answer is a list. "
        "Not written: it is an object with a member for each key.",
    )
    many: Flag = Field(
        default=False, description="true: several items may have one key; a call gets the list of its own."
    )
    at: MemberPath = Field(
        default=None,
        description="Where in the answer the list or object is: `data.items`. Not written: it is all.",
    )
    error: Member = Field(
        default=None, description="The member by which an item says that it failed. Not written: none does."
    )
    window: Window = Field(
        default=0.002, description="How long the first key waits for others; off: to the end of the moment."
    )
    max_size: Count = Field(default=100, description="Keys in one call; a full batch does not wait.")

    @model_validator(mode="after")
    def _lists_say_their_keys(self) -> BatchSpec:
        if self.many and self.by is None:
            raise Wrong(
                "`many` is for items that say their key", "write `by`, the member that says it", at=("many",)
            )
        return self


def short_for_each(step: Mapping) -> Mapping:
    """*step* with ``for_each: "{…}"`` as a mapping."""
    entry = step.entries.get("for_each")
    if entry is None or not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, str):
        return step
    value = Mapping(entry.place, {"of": Entry(entry.place, entry.value)})
    return step.replaced({**step.entries, "for_each": Entry(entry.place, value)})
