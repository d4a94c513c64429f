"""A compiled route → what the API documentation says of it: inputs, defaults, the schema of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from gateway.compiler.names import Use
from gateway.compiler.references import Template, parse_template
from gateway.compiler.routes import CompiledRoute
from gateway.config import ABSENT
from gateway.edge.inputs import Input
from gateway.edge.openapi import RouteDescription
from gateway.edge.schemas import ANYTHING, Schema, value_schema

_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def describe(route: CompiledRoute) -> RouteDescription:
    """What ``/openapi.json`` tells of *route*."""
    return RouteDescription(
        method=route.spec.method,
        pattern=route.pattern,
        inputs=route.inputs,
        defaults=_defaults(route.uses),
        summary=route.spec.summary or "",
        status=route.spec.status,
        response=_response(route),
        degraded_in_body=route.spec.degraded == "body",
    )


def _defaults(uses: Iterable[Use]) -> dict[str, Any]:
    """By the name of an input what stands in for it; the first one if templates disagree."""
    found: dict[str, Any] = {}
    for use in uses:
        if use.slot is not None and use.ref.default is not None:
            found.setdefault(use.slot.frozen().name, msgspec.json.decode(use.ref.default.json))
    return found


def _response(route: CompiledRoute) -> Schema:
    if route.spec.merge is not None:
        return {"type": "object"}
    respond = "{steps}" if route.spec.respond is ABSENT else route.spec.respond
    steps = [step.name for step in route.plan.steps]
    return _schema(respond, {each.name: each for each in route.inputs}, steps)


def _schema(value: Any, inputs: Mapping[str, Input], steps: list[str]) -> Schema:
    """The schema of what *value*, a JSON template, renders to."""
    if isinstance(value, Mapping):
        return _object({str(key): _schema(inner, inputs, steps) for key, inner in value.items()})
    if isinstance(value, list | tuple):
        return {"type": "array", "prefixItems": [_schema(inner, inputs, steps) for inner in value]}
    if not isinstance(value, str):
        return {"type": _JSON_TYPES[type(value)]}
    template = parse_template(value)
    return {"type": "string"} if template.constant is not None else _filled(template, inputs, steps)


def _filled(template: Template, inputs: Mapping[str, Input], steps: list[str]) -> Schema:
    """The schema of a string with references: one alone keeps its type, longer text is text or null."""
    ref = template.whole
    if ref is None:
        return {"type": ["string", "null"]}
    if ref.name == "steps":
        return _object(dict.fromkeys(steps, ANYTHING))
    wanted = inputs.get(".".join(map(str, (ref.name, *ref.keys))))
    if wanted is None:
        return ANYTHING  # a part of an upstream's answer
    return value_schema(wanted.type, many=wanted.many)


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "required": list(properties), "properties": dict(properties)}
