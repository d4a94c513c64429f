"""Turns what went wrong into what the client is told: status, header lines and an RFC 9457 body.

Rules of the file:
1. ``_TABLE`` is total over ``Cause``: the last column of docs/contract.md section 1, and its test is that.
2. Every word a client reads stands in this file or names a part of its own request. Nothing of an upstream
   or an exception gets in: neither host nor body nor text.
3. A problem is never stored: ``cache-control: no-store`` on each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from math import ceil, isfinite
from typing import Any, Final, NamedTuple

from gateway.edge.inputs import InputFault, Violation
from gateway.edge.router import Unrouted
from gateway.outcome import Cause, Failure

_PASSED_ON: Final = frozenset({404, 409, 410, 422})
"""Statuses of a rejection that tell the client something about its own request."""

_CREDENTIALS: Final = frozenset({401, 403})
"""The same, but only where the step sent the client's own credentials."""

_DEFAULT_RETRY_AFTER: Final = 1.0
"""Seconds to wait where nobody said how long."""

_TABLE: Final[dict[Cause, tuple[int, str]]] = {
    Cause.TIMEOUT: (504, "A part that this answer needs did not come in time"),
    Cause.UNREACHABLE: (502, "A part that this answer needs could not be reached"),
    Cause.INCOMPLETE: (502, "A part that this answer needs came incomplete"),
    Cause.FAILED: (502, "A part that this answer needs failed"),
    Cause.THROTTLED: (503, "A part that this answer needs has too many requests"),
    Cause.REJECTED: (502, "A part that this answer needs was refused"),
    Cause.UNREADABLE: (502, "A part that this answer needs could not be read"),
    Cause.TOO_LARGE: (502, "A part that this answer needs is too large"),
    Cause.CIRCUIT_OPEN: (503, "A part that this answer needs is unavailable at the moment"),
    Cause.BULKHEAD_FULL: (503, "Too many requests at the moment"),
    Cause.OUT_OF_TIME: (504, "The time limit of this request ran out"),
    Cause.INTERNAL: (500, "A fault of the gateway; its log has it under the request id"),
    Cause.SKIPPED: (502, "A part that this answer needs depends on another one that is missing"),
}


class Problem(NamedTuple):
    """An answer ready to send: ``block`` is whole header lines, without content-length."""

    status: int
    block: bytes
    body: bytes


def status_of(failure: Failure, *, own_credentials: bool = False) -> int:
    """The status of a request that fails with *failure*."""
    root = failure.root
    if root.cause is Cause.REJECTED:
        if root.status in _PASSED_ON or (own_credentials and root.status in _CREDENTIALS):
            assert root.status is not None
            return root.status
    elif root.cause is Cause.FAILED and root.retry_after is not None:
        return 503
    return _TABLE[root.cause][0]


def failed(
    failure: Failure,
    step: str,
    request_id: str,
    *,
    own_credentials: bool = False,
    undone: Mapping[str, str] | None = None,
) -> Problem:
    """The problem of a request whose required step *step* ended with *failure*.

    *undone* tells by step what became of undoing what others did.

    A skipped step's status is that of the failure it goes back to, and ``own_credentials`` then tells
    whether the step *there* (whose outcome is ``failure.root``) sends the client's own credentials.
    """
    status = status_of(failure, own_credentials=own_credentials)
    retry_after = failure.root.retry_after
    if status == 503 and retry_after is None:
        retry_after = _DEFAULT_RETRY_AFTER
    cause = failure.cause
    return _problem(
        status,
        cause,
        _TABLE[cause][1],
        request_id,
        {"step": step, **({"undo": undone} if undone else {})},
        retry_after=retry_after if status == 503 else None,
    )


def bad_request(fault: InputFault, request_id: str) -> Problem:
    """The client's request has faults; each parameter is named with what is wrong with it."""
    return _violations(fault.status, fault.violations, request_id)


def not_routed(unrouted: Unrouted, request_id: str) -> Problem:
    """No route took the request. (Also the plain 204 of an OPTIONS request, which is not a problem.)"""
    allow = b"allow: " + ", ".join(unrouted.allow).encode() + b"\r\n" if unrouted.allow else b""
    if unrouted.status == 204:
        return Problem(204, allow + b"x-request-id: " + request_id.encode() + b"\r\n", b"")
    if unrouted.status == 400:
        return _violations(400, [Violation(unrouted.parameter, unrouted.message)], request_id)
    cause, title = _EDGE_CAUSES[unrouted.status], _EDGE_TITLES[unrouted.status]
    problem = _problem(unrouted.status, cause, title, request_id)
    return problem._replace(block=allow + problem.block)


def refused(status: int, request_id: str) -> Problem:
    """The edge itself refuses: 400, 404, 405, 408, 413, 415 or 431 by its status alone."""
    return _problem(status, _EDGE_CAUSES[status], _EDGE_TITLES[status], request_id)


def late_head(request_id: str) -> Problem:
    """A request's head has begun, and is not whole yet."""
    return _problem(408, "head_too_slow", "The request's headers did not come in time", request_id)


def not_acceptable(media_types: Sequence[str], request_id: str) -> Problem:
    """The client takes none of the forms that the route can give: *media_types*."""
    status = 406
    more = {"available": list(media_types)}
    return _problem(status, _EDGE_CAUSES[status], _EDGE_TITLES[status], request_id, more)


def operating(status: int, cause: str, title: str, request_id: str, detail: str = "") -> Problem:
    """A fault in an operator's request, in the admin pages' own words."""
    return _problem(status, cause, title, request_id, {"detail": detail} if detail else {})


def no_space(request_id: str) -> Problem:
    """The gateway holds as many body bytes, or has as many requests under way, as it may.

    (``server.max_buffered``, ``server.admission``)
    """
    cause = Cause.BULKHEAD_FULL
    status, title = _TABLE[cause]
    return _problem(status, cause, title, request_id, retry_after=_DEFAULT_RETRY_AFTER)


def bug(request_id: str) -> Problem:
    """An exception outside of any step; the log has it under *request_id*."""
    status, title = _TABLE[Cause.INTERNAL]
    return _problem(status, Cause.INTERNAL, title, request_id)


_EDGE_CAUSES: Final = {
    400: "bad_request",
    404: "no_route",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "body_too_slow",
    413: "body_too_large",
    415: "unsupported_media_type",
    431: "head_too_large",
}

_EDGE_TITLES: Final = {
    400: "The request cannot be served as it is",
    404: "There is nothing at this path",
    405: "There is nothing for this method at this path",
    406: "There is nothing here in a form that the request accepts",
    408: "The request's body did not come within the time limit",
    413: "The request's body is too large",
    415: "The request's body must be application/json",
    431: "The request's headers are too large",
}


def _violations(status: int, violations: Iterable[Violation], request_id: str) -> Problem:
    errors = [{"parameter": each.parameter, "detail": each.message} for each in violations]
    detail = "; ".join(f"{each['parameter']} {each['detail']}" for each in errors)
    return _problem(
        status,
        _EDGE_CAUSES[status],
        _EDGE_TITLES[status],
        request_id,
        {"detail": detail, "errors": errors},
    )


def _problem(
    status: int,
    cause: str,
    title: str,
    request_id: str,
    more: dict[str, Any] | None = None,
    *,
    retry_after: float | None = None,
) -> Problem:
    members = {
        "type": f"/problems/{cause}",
        "title": title,
        "status": status,
        "cause": cause,
        **(more or {}),
        "request_id": request_id,
    }
    block = b"content-type: application/problem+json\r\ncache-control: no-store\r\n"
    if retry_after is not None:
        block += b"retry-after: %d\r\n" % _whole_seconds(retry_after)
    block += b"x-request-id: " + request_id.encode() + b"\r\n"
    return Problem(status, block, json.dumps(members, separators=(",", ":")).encode())


def _whole_seconds(seconds: float) -> int:
    """What Retry-After says: rounded up, at least one second (a day, if an upstream sent nonsense)."""
    return max(1, ceil(seconds)) if isfinite(seconds) else 86_400
