"""The parameters and credentials of an OpenAPI operation → what our step passes on of a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gateway.compiler.header_lines import FORBIDDEN
from gateway.importing.naming import is_sayable, name_of, reference, unique
from gateway.transport.escaping import is_token

if TYPE_CHECKING:
    from gateway.importing.foreign import At
    from gateway.importing.openapi.document import Document
    from gateway.importing.report import Report

_TYPES: Final = {"integer": "int", "number": "number", "boolean": "bool"}
_OF_THE_MESSAGE: Final = FORBIDDEN | {"accept", "content-type", "authorization"}
"""Headers that OpenAPI describes elsewhere, or that the gateway itself sends."""


@dataclass(slots=True)
class PassedOn:
    """*path*: the document's names of path parameters → ours with their types (``id:int``). Required
    *cookies* are in the headers too.
    """

    path: dict[str, str] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def passed_on(document: Document, item: At, operation: At, report: Report) -> PassedOn:
    """What *operation* of the path *item* takes, its own parameters before those of the path."""
    passed = PassedOn()
    told: set[tuple[str, str]] = set()
    for owner in (operation, item):
        for written in owner["parameters"].items():
            parameter = document.resolved(written)
            key = (parameter["in"].text, parameter["name"].text)
            if key not in told:
                told.add(key)
                _add(passed, document, parameter, report)
    for name in _header_credentials(document, operation, passed, report):
        passed.headers.setdefault(name, reference("header", name))
    return passed


def _add(passed: PassedOn, document: Document, parameter: At, report: Report) -> None:
    name, where = parameter["name"].text, parameter["in"].text
    schema = document.resolved(parameter["schema"])
    kind = _type(schema)
    if where == "path":
        ours = unique(name_of(name, "parameter"), [each.partition(":")[0] for each in passed.path.values()])
        passed.path[name] = f"{ours}:{kind}" if kind in {"int", "uuid"} else ours
    elif not (is_sayable(name) and (where == "query" or is_token(name))):
        report.lost(parameter, f"`{name}`: no parameter of this name is passed on")
    elif where == "query":
        if parameter["style"].text == "deepObject" or (_is(schema, "object") and not parameter["content"]):
            report.lost(parameter, f"`{name}` is an object: its members are passed on only if they are named")
            return
        many = _is(schema, "array") and parameter["explode"].value is not False
        if many:
            kind = _type(document.resolved(schema["items"]))
        whole = reference("query", name, many=many)
        passed.query[name] = f"{whole[:-1]}:{kind}}}" if kind else whole
    elif where == "header" and name.lower() not in _OF_THE_MESSAGE:
        passed.headers[name.lower()] = reference("header", name.lower())
    elif where == "cookie" and parameter["required"].flag:
        passed.cookies.append(name)
        cookies = passed.headers.get("cookie", "")
        passed.headers["cookie"] = f"{cookies}{'; ' if cookies else ''}{name}={reference('cookie', name)}"
    elif where == "cookie":
        report.lost(parameter, f"the cookie `{name}`: only required ones are passed on")


def _type(schema: At) -> str:
    """Our type for values of *schema*, ``""`` for any text."""
    if schema["format"].text == "uuid":
        return "uuid"
    return next((ours for theirs, ours in _TYPES.items() if _is(schema, theirs)), "")


def _is(schema: At, name: str) -> bool:
    """Whether values of *schema* are of this type; OpenAPI 3.1 writes ``[integer, "null"]``."""
    return name in schema["type"].texts


def _header_credentials(document: Document, operation: At, passed: PassedOn, report: Report) -> list[str]:
    """The headers that carry the client's credentials, for the upstream to check; those in queries are added
    to *passed*.
    """
    security = operation["security"] or document.root["security"]
    names: list[str] = []
    for requirement in security.items():
        for scheme_name, _ in requirement.members():
            scheme = document.resolved(document.root["components"]["securitySchemes"][scheme_name])
            kind, where = scheme["type"].text, scheme["in"].text
            if kind in {"http", "oauth2", "openIdConnect"}:
                names.append("authorization")
            elif kind == "apiKey" and where == "header":
                names.append(scheme["name"].text.lower())
            elif kind == "apiKey" and where == "query":
                passed.query.setdefault(scheme["name"].text, reference("query", scheme["name"].text))
            else:
                report.lost(requirement, f"credentials of the kind `{scheme_name}` are not passed on")
    return names
