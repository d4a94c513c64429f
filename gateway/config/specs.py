"""What all specs have in common: frozen, every key known, every field described once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

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
