"""Small KrakenD configurations for tests, converted."""

import json

from gateway.importing.foreign import parsed
from gateway.importing.krakend.convert import convert


def backend(**keys):
    return {"url_pattern": "/b", "host": ["http://h"]} | keys


def endpoint(*backends, **keys):
    return {"endpoint": "/a", "backend": list(backends) or [backend()]} | keys


def imported(*endpoints, allow_unguarded=False, **root):
    """The draft and, one line each, what is told: ``kind path: message``."""
    document = {"version": 3, "endpoints": list(endpoints)} | root
    draft, report = convert(parsed(json.dumps(document), "k.json"), allow_unguarded=allow_unguarded)
    told = [f"{notice.kind.value} {notice.at.path}: {notice.message}" for notice in report.notices]
    return draft, told


def route_of(*endpoints, **root):
    """The one route, and what is told."""
    draft, told = imported(*endpoints, **root)
    (route,) = draft.routes.values()
    return route, told


def step_of(*backends, **keys):
    """The one step of an endpoint with one backend, and what is told."""
    route, told = route_of(endpoint(*backends, **keys))
    (step,) = route["steps"].values()
    return step, told
