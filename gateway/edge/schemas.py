"""The JSON Schemas of the gateway's own answers, and of what clients send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.edge.inputs import Input
from gateway.outcome import Cause
from gateway.plan.undoable import Result

Schema = Mapping[str, Any]

ANYTHING: Final[Schema] = {}
"""The schema of what an upstream decides."""

PROBLEM: Final[Schema] = {"$ref": "#/components/schemas/Problem"}

_TYPES: Final[dict[str, dict[str, Any]]] = {
    "int": {"type": "integer", "format": "int64"},
    "str": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "number": {"type": "number"},
    "bool": {"type": "boolean"},
    "path": {"type": "string", "description": "may hold slashes"},
    "json": {},
}

COMPONENTS: Final[dict[str, Any]] = {
    "schemas": {
        "Problem": {
            "type": "object",
            "description": "RFC 9457 problem details.",
            "required": ["type", "title", "status", "cause", "request_id"],
            "properties": {
                "type": {"type": "string", "examples": ["/problems/timeout"]},
                "title": {"type": "string", "description": "The type in one sentence."},
                "status": {"type": "integer", "description": "The status of this answer."},
                "cause": {"type": "string", "description": "The type in one word."},
                "step": {"type": "string", "description": "The part of the answer that failed."},
                "undo": {
                    "type": "object",
                    "description": "By step, what became of taking back what it did.",
                    "examples": [{"reserved": "done"}],
                    "additionalProperties": {"enum": [str(result) for result in Result]},
                },
                "detail": {"type": "string"},
                "errors": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["parameter", "detail"],
                        "properties": {"parameter": {"type": "string"}, "detail": {"type": "string"}},
                    },
                },
                "request_id": {"type": "string"},
            },
        },
        "Degraded": {
            "type": "object",
            "description": "The parts that stand in for failures; absent from complete answers.",
            "examples": [{"orders": {"cause": "timeout", "served": "nothing"}}],
            "additionalProperties": {
                "type": "object",
                "required": ["cause", "served"],
                "properties": {
                    "cause": {"enum": [str(cause) for cause in Cause]},
                    "served": {"enum": ["stale", "partial", "fallback", "nothing"]},
                    "items": {"type": "integer", "description": "Of a partial list: how many it has."},
                    "failed": {"type": "integer", "description": "How many of them are missing."},
                    "causes": {
                        "type": "object",
                        "description": "The indices of missing items by cause, up to 100 of them.",
                        "additionalProperties": {"type": "array", "items": {"type": "integer"}},
                    },
                },
            },
        },
    },
    "headers": {
        "Gateway-Degraded": {
            "description": "RFC 9651 list of the parts that stand in for failures.",
            "schema": {"type": "string", "examples": ["orders;cause=timeout;served=stale"]},
        },
        "Server-Timing": {
            "description": "Every part with its time and cause, and the trace id.",
            "schema": {"type": "string"},
        },
        "X-Request-ID": {
            "description": "The request's id: the client's own, or a new one.",
            "schema": {"type": "string"},
        },
        "Retry-After": {
            "description": "Seconds after which another try makes sense.",
            "schema": {"type": "integer", "minimum": 1},
        },
    },
}


def value_schema(type_: str, *, many: bool = False, most: int | None = None) -> dict[str, Any]:
    """The schema of one value of the grammar's *type_*, or of a list of them, at *most* so many."""
    schema = _TYPES[type_]
    bound = {} if most is None else {"maxItems": most}
    return {"type": "array", "items": schema, **bound} if many else dict(schema)


def object_schema(properties: Mapping[str, Schema]) -> Schema:
    """An answer that always has these properties."""
    return {"type": "object", "required": list(properties), "properties": dict(properties)}


def body_schema(inputs: Iterable[Input], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a body of which *inputs* are read; more fields are allowed."""
    schema: dict[str, Any] = {}
    for each in inputs:
        leaf = _descend(schema, each.keys, required=each.required)
        leaf.update(value_schema(each.type, many=each.many, most=each.most))
        if each.name in defaults:
            leaf["default"] = defaults[each.name]
    return schema


def _descend(schema: dict[str, Any], keys: Iterable[str | int], *, required: bool) -> dict[str, Any]:
    """The schema at the end of *keys*, made on the way there."""
    for key in keys:
        if isinstance(key, int):
            schema["type"] = "array"
            schema = schema.setdefault("items", {})
            continue
        schema["type"] = "object"
        if required and key not in schema.setdefault("required", []):
            schema["required"].append(key)
        schema = schema.setdefault("properties", {}).setdefault(key, {})
    return schema
