"""A compiled route → what the API documentation says of it: inputs, defaults, the schema of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from gateway.compiler.names import Use
from gateway.compiler.references import Template, constant_text, parse_template
from gateway.compiler.routes import CompiledRoute, methods_of
from gateway.config import ABSENT
from gateway.edge.formats import FORMATS
from gateway.edge.inputs import Input
from gateway.edge.openapi import RouteDescription
from gateway.edge.schemas import ANYTHING, Schema, object_schema, value_schema

_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def describe_all(routes: Iterable[CompiledRoute]) -> list[RouteDescription]:
    """What ``/openapi.json`` tells of *routes*: each once for every method it is for."""
    return [replace(describe(route), method=method) for route in routes for method in methods_of(route.spec)]


def describe(route: CompiledRoute) -> RouteDescription:
    """The same of one *route*, with the method as it is written."""
    forms = [FORMATS[form].media_types[0].decode() for form in route.spec.forms]
    return RouteDescription(
        method=route.spec.method,
        media_types=tuple(forms) or ("application/json",),
        passed_on=route.spec.proxy is not None,
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
        if use.slot is not None and use.ref.default is not None and not use.ref.functions:
            found.setdefault(use.slot.frozen().name, msgspec.json.decode(use.ref.default.json))
    return found


def _response(route: CompiledRoute) -> Schema:
    if route.shape:
        return ANYTHING
    if route.spec.merge is not None:
        return {"type": "object"}
    respond = "{steps}" if route.spec.respond is ABSENT else route.spec.respond
    inputs = {use.ref.text: use.slot.frozen() for use in route.uses if use.slot is not None}
    return _schema(respond, inputs, [step.name for step in route.plan.steps])


def _schema(value: Any, inputs: Mapping[str, Input], steps: list[str]) -> Schema:
    """The schema of what *value*, a JSON template, renders to. *inputs* by the text of their references."""
    if isinstance(value, Mapping):
        members = {constant_text(str(key), "a key"): inner for key, inner in value.items()}
        return object_schema({key: _schema(inner, inputs, steps) for key, inner in members.items()})
    if isinstance(value, list | tuple):
        items = [_schema(inner, inputs, steps) for inner in value]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
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
        return object_schema(dict.fromkeys(steps, ANYTHING))
    wanted = inputs.get(ref.text)
    if wanted is None or ref.functions:
        return ANYTHING  # a part of an upstream's answer, or what functions make of something
    schema = value_schema(wanted.type, many=wanted.many)
    there = wanted.required or (ref.default is not None and ref.default.json != b"null")
    if there or "type" not in schema:
        return schema
    return {**schema, "type": [schema["type"], "null"]}
