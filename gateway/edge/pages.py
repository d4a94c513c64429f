"""The gateway's own pages on FastAPI: health and documentation, and what both listeners share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.edge import problems
from gateway.edge.answer import HalfAnswerError
from gateway.edge.documentation import add_documentation
from gateway.edge.incoming import Intake
from gateway.edge.private import private_values
from gateway.edge.router import Unrouted
from gateway.telemetry import events
from gateway.telemetry.log import Log, place_of
from gateway.telemetry.repetition import Sparing

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gateway.call import Trace
    from gateway.edge.health import Health
    from gateway.edge.openapi import RouteDescription
    from gateway.edge.problems import Problem

_PAGES: Final = frozenset({b"/health", b"/health/live", b"/health/ready", b"/docs", b"/openapi.json"})
_INTAKE: Final = Intake()

_bugs = Sparing(Log("gateway.edge"))


def is_page(path: bytes) -> bool:
    """Whether the raw *path* belongs to the gateway itself; no route, not even a catch-all, may take it."""
    return path in _PAGES or path.startswith((b"/health/", b"/docs/"))


def public_pages(health: Health, routes: Sequence[RouteDescription] | None) -> FastAPI:
    """The public listener's own pages. *routes* are documented, unless they are ``None``."""
    app = new_app()
    add_health(app, health)
    if routes is not None:
        add_documentation(app, routes, served_here=True)
    return app


def new_app() -> FastAPI:
    """An application whose every fault is a problem; it repairs no paths and documents nothing by itself."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_exception_handler(HTTPException, _refusal)
    app.add_exception_handler(Exception, _bug)
    app.add_middleware(_Bugs)
    return app


def add_health(app: FastAPI, health: Health) -> None:
    """Add ``/health``, ``/health/live`` and ``/health/ready``."""

    def page(report: Callable[[], tuple[int, dict[str, object]]]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:  # noqa: ARG001 - the framework's signature
            status, body = report()
            return json_answer(body, status)

        return answer

    app.add_route("/health", page(health.report), methods=["GET"])
    app.add_route("/health/live", page(health.live), methods=["GET"])
    app.add_route("/health/ready", page(health.ready), methods=["GET"])


def json_answer(body: Any, status: int = 200) -> Response:
    """*body* as JSON that nobody may store."""
    return JSONResponse(body, status, headers={"cache-control": "no-store"})


def problem_answer(problem: Problem) -> Response:
    """*problem* as FastAPI sends it."""
    response = Response(problem.body or None, problem.status)
    for line in problem.block.decode("latin-1").splitlines():
        name, _, value = line.partition(": ")
        response.headers[name] = value
    return response


def request_id(request: Request) -> str:
    """The request's id: the client's own if it is sound, else a new one."""
    return trace_of(request).request_id


def trace_of(request: Request) -> Trace:
    """The ids of the request, new ones where the client sent none."""
    return _INTAKE.read(request.scope["headers"], None, 1.0)[0]


class _Bugs:
    """Answers what pages raise: the framework would answer it, and then tell the server, which logs it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one connection of another kind."""
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if scope["type"] != "http":
                raise
            request = Request(scope)
            response = await _bug(request, error)
            if started:
                raise HalfAnswerError(response.headers["x-request-id"]) from None
            await response(scope, receive, send)


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code != 405:
        return problem_answer(problems.refused(error.status_code, request_id(request)))
    allow = tuple(sorted({*(error.headers or {}).get("Allow", "").replace(" ", "").split(","), "OPTIONS"}))
    status = 204 if request.method == "OPTIONS" else 405
    return problem_answer(problems.not_routed(Unrouted(status, allow=allow), request_id(request)))


async def _bug(request: Request, error: Exception) -> Response:
    trace = trace_of(request)
    if not isinstance(error, HalfAnswerError):  # of which the log has the cause
        hide = private_values(request.scope, {})
        _bugs(place_of(error), events.BUG_IN_PAGE, trace, error=error, hide=hide, page=request.url.path)
    return problem_answer(problems.bug(trace.request_id))
