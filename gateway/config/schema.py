"""The JSON Schema of a configuration file, for editors; made from the same models that check it.

It describes what people write (surface.py): calls by their verb, settings with their units. It is a
little more generous than the gateway: what needs several values at once is only checked at load.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from gateway.config.defaults_table import SECTIONS, shown_default
from gateway.config.kinds import NAME_PATTERN
from gateway.config.models import Config, Defaults
from gateway.config.route import RouteSettings
from gateway.config.scalars import resolve
from gateway.config.source_kinds import CONTENT_KEYS, FORMS, UPSTREAM_KINDS, VERBS
from gateway.config.specs import fields_of
from gateway.config.surface import FROM_THE_KEY
from gateway.config.upstream import UpstreamSettings

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXTS = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
_QUERY = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "array"]}}
_MODELS = (*(model for _, model in SECTIONS), Defaults, UpstreamSettings, RouteSettings)


def json_schema() -> dict[str, Any]:
    """The schema as plain data, without anything that changes from run to run."""
    schema = TypeAdapter(Config).json_schema(schema_generator=_WithoutDefaults)
    models = schema["$defs"]
    for model in _MODELS:
        described = schema if model is Config else models[model.__name__]
        _write_defaults(described["properties"], model)
    for described in (schema, *models.values()):
        described.pop("title", None)
        described.pop("description", None)  # written for readers of the code
    models.pop("Absent")
    _write_step(models["StepSpec"])
    _write_call(models["UndoSpec"])
    makers = [key for kind in UPSTREAM_KINDS for key in kind.made_by]
    models["UpstreamSpec"]["oneOf"] = [{"required": [key]} for key in makers]
    _write_route(models["RouteSpec"])
    _write_proxy(models["ProxySpec"])
    _write_document(schema)
    return {"$schema": DIALECT, "title": "fanin-gateway configuration", **schema}


class _WithoutDefaults(GenerateJsonSchema):
    """The models' defaults are seconds and bytes; the schema shows them as people write them."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def _write_defaults(properties: dict[str, Any], model: type) -> None:
    for name, field in fields_of(model).items():
        properties[name].pop("title", None)
        default = shown_default(field)
        if default is not None and not default.startswith("["):
            properties[name]["default"] = resolve(default)


def _write_step(step: dict[str, Any]) -> None:
    _write_call(step)
    properties = step["properties"]
    for anything in ("fallback", "example"):
        properties[anything] = {"description": properties[anything]["description"]}
    each = properties["for_each"]
    each["anyOf"] = [{"type": "string"}, {"$ref": each.pop("$ref")}]


def _write_call(step: dict[str, Any]) -> None:
    """Verbs in front of the fields; a call is a verb or an upstream."""
    properties = step["properties"]
    properties["query"] = {**_QUERY, "description": properties["query"]["description"]}
    for key in ("json", "value", "with", "payload"):
        properties[key] = {"description": properties[key]["description"]}
    for key in ("headers", "form"):
        properties[key] = {**_TEXTS, "description": properties[key]["description"]}
    long_form = {
        "type": "object",
        "required": ["upstream"],
        "additionalProperties": False,
        "properties": {key: properties[key] for key in ("upstream", "path", *CONTENT_KEYS)},
    }
    short_form = {"type": "string", "pattern": r"^[^/]"}
    for verb in VERBS:
        text = f"{verb.upper()}: upstream/path?query, or a mapping."
        properties[verb] = {"anyOf": [short_form, long_form], "description": text}
    step["required"] = []
    step["oneOf"] = [{"required": [key]} for key in (*VERBS, "upstream", *FORMS)]


def _write_route(route: dict[str, Any]) -> None:
    for name in FROM_THE_KEY:
        route["properties"].pop(name)
    answer = route["properties"]["respond"]
    route["properties"]["respond"] = {"description": answer["description"]}
    proxy = route["properties"]["proxy"]
    proxy["anyOf"] = [{"type": "string"}, {"$ref": "#/$defs/ProxySpec"}]
    route["required"] = []
    route["oneOf"] = [{"required": ["steps"]}, {"required": ["proxy"]}]
    route["not"] = {"required": ["respond", "merge"]}


def _write_proxy(proxy: dict[str, Any]) -> None:
    """What has been moved to the step is written as a step has it."""
    for key, written in (("query", _QUERY), ("headers", _TEXTS)):
        proxy["properties"][key] = {**written, "description": proxy["properties"][key]["description"]}


def _write_document(schema: dict[str, Any]) -> None:
    properties = schema["properties"]
    files = {"type": "array", "items": {"type": "string"}}
    text = "Files with further upstreams and routes, relative to this one."
    properties["include"] = {"anyOf": [{"type": "string"}, files], "description": text}
    properties["routes"]["propertyNames"] = {"pattern": r"^(GET|POST|PUT|PATCH|DELETE|ANY) /\S*$"}
    properties["upstreams"]["propertyNames"] = {"pattern": f"^{NAME_PATTERN}$"}
    schema["patternProperties"] = {"^x-": {}}
    schema.pop("required")  # either may come from an included file
