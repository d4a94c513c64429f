"""Guards the admin listener: who may change something, and through which name a browser may look at it.

Rules of the file (docs/contract.md section 6):
1. Every method but GET, HEAD and OPTIONS changes something and needs the operator's token, whatever the path.
2. It also needs a ``Host`` that is the listener's own and a JSON body: a page that a browser was lured to
   can send neither through a name it rebound, nor as a plain form.
3. Reads need no token. On a loopback listener their ``Host`` must be an address or ``localhost``: a
   rebound name is never one. Elsewhere they may come by any name, as scrapers do.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from starlette.requests import Request

from gateway.edge import problems
from gateway.edge.pages import problem_answer, request_id
from gateway.edge.text_parts import takes_json

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from gateway.edge.problems import Problem

READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?").fullmatch
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Guard:
    """ASGI middleware in front of the admin pages. *token* must not be empty."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        if not token:
            raise ValueError("the operator token is empty")
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, or answer the problem."""
        if scope["type"] == "http":
            request = Request(scope)
            refusal = self._refusal(request)
            if refusal is not None:
                response = problem_answer(refusal)
                if refusal.status == 401:
                    response.headers["www-authenticate"] = "Bearer"
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, request: Request) -> Problem | None:
        identifier = request_id(request)
        if request.method in READS:
            return None if _may_read(request) else _wrong_host(identifier)
        if not _is_own(request):
            return _wrong_host(identifier)
        if not self._is_operator(request):
            title = "This needs the operator token, as Authorization: Bearer"
            return problems.operating(401, "operator_token_needed", title, identifier)
        if not takes_json(request.scope["headers"]):
            return problems.refused(415, identifier)
        return None

    def _is_operator(self, request: Request) -> bool:
        given = [value for name, value in request.scope["headers"] if name == b"authorization"]
        scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        return scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token)


def _wrong_host(identifier: str) -> Problem:
    title = "The Host of this request is not this listener's own"
    return problems.operating(421, "wrong_host", title, identifier)


def _may_read(request: Request) -> bool:
    server = request.scope.get("server")
    if server is None or not is_loopback(server[0]):
        return True
    return _checked_host(request, lambda host, _: is_loopback(host) or _is_address(host))


def _is_own(request: Request) -> bool:
    server = request.scope.get("server")
    if server is None:
        return False
    name, port = server

    def same(host: str, given_port: int) -> bool:
        return given_port == port and (host == name.lower() or (is_loopback(host) and is_loopback(name)))

    return _checked_host(request, same)


def _checked_host(request: Request, accepts: Callable[[str, int], bool]) -> bool:
    """Whether the request has one ``Host``, and *accepts* takes its name and port."""
    given = [value.decode("latin-1") for name, value in request.scope["headers"] if name == b"host"]
    host = _HOST(given[0]) if len(given) == 1 else None
    if host is None:
        return False
    port = int(host[2]) if host[2] else _DEFAULT_PORTS[request.scope.get("scheme", "http")]
    return accepts(host[1].strip("[]").lower(), port)


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine by definition."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
