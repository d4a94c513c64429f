"""Describes the routes as an OpenAPI 3.1 document: parameters, bodies, answers, problems."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.edge.inputs import Input
from gateway.edge.pattern import Parameter, Pattern
from gateway.edge.schemas import COMPONENTS, PROBLEM, Schema, body_schema, value_schema

_PROBLEMS: Final = {
    "400": "The request cannot be served as it is; every fault is named.",
    "404": "There is nothing at this path, or a part that the answer needs knows none.",
    "4XX": "A part that the answer needs refused the request for a reason that concerns the client.",
    "500": "A fault of the gateway; its log has it under the request id.",
    "502": "A part that the answer needs failed, or its answer was of no use.",
    "503": "A part that the answer needs is unavailable at the moment.",
    "504": "A part that the answer needs did not come in time.",
}
_BODIED: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_BY_PARTS: Final = frozenset({"application/x-ndjson", "text/event-stream"})
_BODY_PROBLEMS: Final = {
    "408": "The body did not come within the time limit.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteDescription:
    """What the document says of one route.

    ``inputs`` are all parts of a request that the route reads. ``defaults`` gives, by an input's name, what
    stands in for it. ``response`` is the JSON Schema of a complete answer's body. ``degraded_in_body``:
    objects get a member ``degraded`` when parts are missing. ``media_types`` are the forms it can have.
    ``passed_on``: bodies and answers are an upstream's own, whatever they are.
    """

    method: str
    pattern: Pattern
    inputs: Sequence[Input] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    summary: str = ""
    status: int = 200
    response: Schema = field(default_factory=dict)
    degraded_in_body: bool = True
    media_types: tuple[str, ...] = ("application/json",)
    passed_on: bool = False


def document(
    routes: Sequence[RouteDescription], *, version: str, title: str = "Gateway", server: str = ""
) -> dict[str, Any]:
    """The whole document. *server* is the URL under which the routes are reached, if it is another one than
    the document's own.
    """
    paths: dict[str, dict[str, Any]] = {}
    identifiers: set[str] = set()
    for route in routes:
        method = route.method.lower()
        names = {parameter.name: parameter.name for parameter in route.pattern.parameters}
        path = _template(route.pattern, names)
        if method in paths.get(path, {}):
            # OpenAPI knows no types in paths: /{id:int} and /{id:uuid} need names of their own.
            names = {p.name: f"{p.name}_{p.type}" for p in route.pattern.parameters}
            path = _template(route.pattern, names)
        identifier = _identifier(method, path, identifiers)
        paths.setdefault(path, {})[method] = _operation(route, names, identifier)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        **({"servers": [{"url": server}]} if server else {}),
        "paths": paths,
        "components": COMPONENTS,
    }


def _template(pattern: Pattern, names: Mapping[str, str]) -> str:
    segments = (f"{{{names[s.name]}}}" if isinstance(s, Parameter) else s for s in pattern.segments)
    return "/" + "/".join(segments)


def _identifier(method: str, path: str, taken: set[str]) -> str:
    words = re.findall(r"[A-Za-z0-9]+", path)
    plain = identifier = "_".join([method, *words])
    number = 2
    while identifier in taken:
        identifier = f"{plain}_{number}"
        number += 1
    taken.add(identifier)
    return identifier


def _operation(route: RouteDescription, names: Mapping[str, str], identifier: str) -> dict[str, Any]:
    body = [each for each in route.inputs if each.root == "body"]
    operation: dict[str, Any] = {"operationId": identifier, "tags": ["Routes"]}
    if route.summary:
        operation["summary"] = route.summary
    parameters = [*_path_parameters(route.pattern, names), *_other_parameters(route)]
    if parameters:
        operation["parameters"] = parameters
    if body:
        schema = body_schema(body, route.defaults)
        required = any(each.required for each in body)
        operation["requestBody"] = {"required": required, "content": {"application/json": {"schema": schema}}}
    if route.passed_on:
        if route.method in _BODIED:
            operation["requestBody"] = {"required": False, "content": {"*/*": {}}}
        passed = {"description": "The upstream's own answer, whatever its status.", "content": {"*/*": {}}}
        operation["responses"] = {"default": passed}
        return operation
    operation["responses"] = _responses(route, has_body=bool(body))
    return operation


def _path_parameters(pattern: Pattern, names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": names[each.name], "in": "path", "required": True, "schema": value_schema(each.type)}
        for each in pattern.parameters
    ]


def _other_parameters(route: RouteDescription) -> list[dict[str, Any]]:
    parameters = []
    for each in route.inputs:
        if each.root not in {"query", "header", "cookie"}:
            continue
        schema = value_schema(each.type, many=each.many, most=each.most)
        if each.name in route.defaults:
            schema = {**schema, "default": route.defaults[each.name]}
        name = ".".join(str(key) for key in each.keys)
        parameters.append({"name": name, "in": each.root, "required": each.required, "schema": schema})
    return parameters


def _responses(route: RouteDescription, *, has_body: bool) -> dict[str, Any]:
    statuses = {**_PROBLEMS, **(_BODY_PROBLEMS if has_body else {})}
    if len(route.media_types) > 1:
        statuses["406"] = "The answer has no form that the request accepts."
    problems = {status: _problem(status, text) for status, text in sorted(statuses.items())}
    return {str(route.status): _success(route), **problems}


def _success(route: RouteDescription) -> dict[str, Any]:
    headers = {
        name: {"$ref": f"#/components/headers/{name}"}
        for name in ("Gateway-Degraded", "Server-Timing", "X-Request-ID")
    }
    answer: dict[str, Any] = {"description": "The merged answer; degraded if it says so.", "headers": headers}
    if route.status not in {204, 304}:
        answer["content"] = {
            media_type: {} if media_type in _BY_PARTS else {"schema": _with_degraded(route)}
            for media_type in route.media_types
        }
    return answer


def _with_degraded(route: RouteDescription) -> Schema:
    schema = route.response
    if not route.degraded_in_body or schema.get("type") != "object":
        return schema
    properties = {**schema.get("properties", {}), "degraded": {"$ref": "#/components/schemas/Degraded"}}
    return {**schema, "properties": properties}


def _problem(status: str, text: str) -> dict[str, Any]:
    headers = ["X-Request-ID", *(["Retry-After"] if status == "503" else [])]
    return {
        "description": text,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {"application/problem+json": {"schema": PROBLEM}},
    }
