"""Reads what may be settings, ``on`` or ``off``: a layer, a list, a key that must have a value."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, GetPydanticSchema

from gateway.config.faults import Wrong, did_you_mean


def layer(settings: Any) -> BeforeValidator:
    """Reads a layer's *settings*: a mapping, ``on`` for the defaults, ``off`` for none."""
    return BeforeValidator(_layer, json_schema_input_type=settings | Literal["on", "off"])


def list_or_off(item: Any) -> BeforeValidator:
    """Reads a list of *item*; ``off`` is the empty one."""
    return BeforeValidator(_list_or_off, json_schema_input_type=list[item] | Literal["off"])


def layer_or_not(settings: Any) -> GetPydanticSchema:
    """The same for a field that is ABSENT where nothing is written, because then somebody else says.

    Its schema is made by hand: a union with ABSENT would put its branches' names into the places of faults.
    """
    read: Any = Annotated[settings | None, layer(settings)]
    return GetPydanticSchema(lambda _, handler: handler.generate_schema(read))


def given(kind: Any) -> BeforeValidator:
    """Refuses a key without a value where the model's own default is None."""
    return BeforeValidator(_given, json_schema_input_type=kind)


def _layer(value: Any) -> Any:
    if isinstance(value, dict):
        return value
    if value is True or value == "on":
        return {}
    if value == "off":
        return None
    hint = "did you mean `off`?" if value is False else did_you_mean(str(value), ("off", "on"))
    if value is None:
        raise Wrong("there is no value", "write off, or settings, or remove the key")
    raise Wrong("{it} is neither `off` nor a mapping of settings", hint or "write off, or { key: value }")


def _given(value: Any) -> Any:
    if value is None:
        raise Wrong("there is no value")
    return value


def _list_or_off(value: Any) -> Any:
    if value == "off":
        return []
    return value
