"""A route as people write it → the form that `RouteSpec` has: its key taken apart, its calls spelled out."""

from __future__ import annotations

import re

from gateway.config.calls import check_header_names, lowered_step, texts
from gateway.config.faults import Fault, Place, one_of
from gateway.config.later import built
from gateway.config.nodes import Entry, Mapping, Scalar, each
from gateway.config.proxying import lowered_proxy

SERVED_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ANY = "ANY"
"""The method of a route that passes on whatever comes."""

_KEY = re.compile(r"([A-Za-z]+) (/\S*)")
_RESERVED_PATH = re.compile(r"/(?:health|docs)(?:/.*)?|/openapi\.json")
_OF_THE_KEY = ("method", "pattern")


def lowered_route(key: str, entry: Entry, node: Mapping, faults: list[Fault]) -> Mapping:
    """*node* with ``method`` and ``pattern`` from *key*, and every step's call in one form."""
    passes_on = "proxy" in node.entries
    node = lowered_proxy(key, lowered_headers(built(node, "route", faults), faults), faults)
    _check_answer(node, faults)
    for own in [own for own in node.entries if own in _OF_THE_KEY]:
        hint = "it stands in the route's own key: `GET /path`"
        faults.append(Fault(node.entries[own].place, f"unknown key `{own}` in a route", hint))
    steps = node.get("steps")
    if isinstance(steps, Mapping) and not steps.entries:
        faults.append(Fault(node.entries["steps"].place, "a route has at least one step"))
    node = each(node, "steps", lambda _, step, settings: lowered_step(settings, step, faults))
    words = zip(_OF_THE_KEY, _taken_apart(key, entry.place, faults, any_method=passes_on), strict=True)
    target = {
        name: Entry(entry.place, Scalar(entry.place, word, word, verbatim=True)) for name, word in words
    }
    return node.replaced({**node.entries, **target})


def lowered_headers(node: Mapping, faults: list[Fault]) -> Mapping:
    """*node* with the values of its ``headers`` as text."""
    entry = node.entries.get("headers")
    if entry is None:
        return node
    check_header_names(entry.value, faults)
    return node.replaced({**node.entries, "headers": Entry(entry.place, texts(entry.value))})


def _taken_apart(key: str, place: Place, faults: list[Fault], *, any_method: bool = False) -> tuple[str, str]:
    """Method and pattern of a route's key; *any_method*: ANY is one."""
    match = _KEY.fullmatch(key)
    method, pattern = (match[1], match[2]) if match else ("", "")
    message = hint = ""
    if match is None:
        message, hint = f"`{key}` is not a route", "write METHOD /path, such as GET /user/{id}"
    elif method.upper() in {"HEAD", "OPTIONS"}:
        message = f"`{method}` is answered for every route without being written"
    elif method == ANY and not any_method:
        message, hint = "`ANY` is for routes that pass on", "write `proxy:`, or one method"
    elif method not in SERVED_METHODS and method != ANY:
        message = f"`{method}` is not {one_of(SERVED_METHODS)}"
        hint = f"write `{method.upper()} {pattern}`" if method.upper() in SERVED_METHODS else ""
    elif "?" in pattern or "#" in pattern:
        message = "a route's path has no query and no fragment"
        hint = "a query parameter needs no declaration: write `{query.name}` where it is used"
    elif _RESERVED_PATH.fullmatch(pattern):
        message, hint = f"`{pattern}` is the gateway's own", "choose another path"
    if message:
        faults.append(Fault(place, message, hint))
    return method, pattern


def _check_answer(node: Mapping, faults: list[Fault]) -> None:
    """``respond`` and ``merge`` exclude each other; a key ``degraded`` in answers is the gateway's own."""
    entries = node.entries
    if "respond" in entries and "merge" in entries:
        message = "`merge` and `respond` exclude each other"
        also = (entries["respond"].place,)
        faults.append(Fault(entries["merge"].place, message, "keep one of them", also))
    where = node.get("degraded")
    if isinstance(where, Scalar) and where.value == "header":
        return
    answer = node.get("respond")
    is_all_steps = isinstance(answer, Scalar) and answer.value == "{steps}"
    if is_all_steps or (answer is None and "merge" not in entries):
        answer = node.get("steps")
    if isinstance(answer, Mapping) and "degraded" in answer.entries:
        message = "the gateway itself writes a key `degraded` into answers"
        hint = "call it differently, or set `degraded: header` on the route"
        faults.append(Fault(answer.entries["degraded"].place, message, hint))
