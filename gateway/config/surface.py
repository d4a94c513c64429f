"""What people may write, derived from the models: the keys of a mapping, the model of a path.

The models hold the lowered form; here, and only here, stands how the written form differs from it.
"""

from __future__ import annotations

import types
import typing
from typing import Annotated, Any

from gateway.config.models import Config
from gateway.config.nodes import Path
from gateway.config.route import RouteSpec
from gateway.config.source_kinds import VERBS
from gateway.config.specs import fields_of, is_spec
from gateway.config.step import CallSpec

FROM_THE_KEY = ("method", "pattern")
"""Fields of a route that its key says."""


def keys_of(model: type) -> list[str]:
    """The keys people write in a mapping of this model."""
    fields = list(fields_of(model))
    if issubclass(model, CallSpec):
        return [*VERBS, *fields]
    if model is RouteSpec:
        return [field for field in fields if field not in FROM_THE_KEY]
    if model is Config:
        return [*fields, "include"]
    return fields


def model_at(path: Path) -> type | None:
    """The spec that describes the mapping at *path*, if one does."""
    kind: Any = Config
    for key in path:
        if is_spec(kind):
            field = fields_of(kind).get(str(key))
            kind = bare(field.annotation) if field else None
        elif typing.get_origin(kind) is dict:
            kind = bare(typing.get_args(kind)[1])
        elif typing.get_origin(kind) is tuple and isinstance(key, int):
            kind = bare(typing.get_args(kind)[0])
        else:
            return None
    return kind if is_spec(kind) else None


def bare(kind: Any) -> Any:
    """*kind* without Annotated and ``| None``."""
    while True:
        origin = typing.get_origin(kind)
        if origin is Annotated:
            kind = typing.get_args(kind)[0]
        elif origin in {typing.Union, types.UnionType}:
            kind = next(part for part in typing.get_args(kind) if part is not type(None))
        else:
            return kind
