"""Small OpenAPI documents for tests, converted."""

import json

from gateway.importing.foreign import parsed
from gateway.importing.openapi.convert import convert

OK = {"200": {"description": "ok"}}


def document(paths, **keys):
    root = {"openapi": "3.1.0", "info": {"title": "Pets"}, "servers": [{"url": "http://pets"}]}
    return root | {"paths": paths} | keys


def get(**keys):
    return {"get": {"operationId": "it", "responses": OK} | keys}


def imported(*documents):
    """The draft and, one line each, what is told: ``kind path: message``."""
    roots = [parsed(json.dumps(each), f"{number}.json") for number, each in enumerate(documents)]
    draft, report = convert(roots)
    told = [f"{notice.kind.value} {notice.at.path}: {notice.message}" for notice in report.notices]
    return draft, told


def route_of(paths, **keys):
    """The one route with its key, and what is told."""
    draft, told = imported(document(paths, **keys))
    ((key, route),) = draft.routes.items()
    return key, route, told


def step_of(operation, path="/a", **keys):
    """The one step, and what is told."""
    _, route, told = route_of({path: operation}, **keys)
    (step,) = route["steps"].values()
    return step, told
