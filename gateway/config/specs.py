"""What all specs have in common: frozen, every key known, every field described once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast, dataclass_transform

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo

_T = TypeVar("_T")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field,))
def spec(label: str) -> Callable[[type[_T]], type[_T]]:
    """Make a class a frozen spec; *label* is how faults call one of them ("an upstream").

    A dataclass and not a BaseModel: a step has a field called ``json``, which BaseModel occupies.
    """
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    wrap: Any = dataclass(config=config, frozen=True, kw_only=True)

    def made(cls: type[_T]) -> type[_T]:
        built: type[_T] = wrap(cls)
        built.__spec_label__ = label  # type: ignore[attr-defined]
        return built

    return made


def label_of(model: type) -> str:
    """How faults call one of these."""
    return str(model.__dict__["__spec_label__"])


def fields_of(model: type) -> dict[str, FieldInfo]:
    """The fields of a spec by the key that is written (a word of Python's own is its field's alias): first
    those that must be written, then its own before inherited ones.
    """
    fields = cast("dict[str, FieldInfo]", model.__dict__["__pydantic_fields__"])
    own = inspect.get_annotations(model)
    ordered = sorted(fields.items(), key=lambda item: (not item[1].is_required(), item[0] not in own))
    return {field.alias or name: field for name, field in ordered}


def is_spec(kind: Any) -> bool:
    """Whether *kind* is a spec's class."""
    return isinstance(kind, type) and "__spec_label__" in kind.__dict__
