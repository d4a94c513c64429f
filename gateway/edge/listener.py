"""The public listener: finds who answers a request (a page, a route, or nobody), and handles bugs of all.

Every request comes through here, so nothing in it depends on how many routes there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from gateway.edge import problems
from gateway.edge.answer import HalfAnswerError, Message, Receive, Send, answer, has_started
from gateway.edge.pages import is_page
from gateway.edge.path import path_of
from gateway.edge.private import private_values
from gateway.edge.router import Unrouted
from gateway.telemetry import events
from gateway.telemetry.log import Log, place_of
from gateway.telemetry.repetition import Sparing

if TYPE_CHECKING:
    from gateway.call import Trace
    from gateway.edge.endpoint import AccessLog, RequestMeter
    from gateway.edge.incoming import Intake
    from gateway.edge.router import Router

_log = Log("gateway.edge")


class Target(Protocol):
    """Answers the requests of one route."""

    async def __call__(self, scope: Message, receive: Receive, send: Send, path: Mapping[str, str]) -> None:
        """Answer one request whose path parameters are *path*."""


class Listener:
    """Answers HTTP requests: *pages* are the gateway's own, *router* knows the endpoints.

    *meter* counts the requests that no route takes, *access_log* is told of them.
    """

    def __init__(
        self,
        router: Router[Target],
        pages: Any,
        intake: Intake,
        meter: RequestMeter,
        access_log: AccessLog | None,
    ) -> None:
        self.match = router.match
        self._pages = pages
        self._intake = intake
        self._meter = meter
        self._access_log = access_log
        self._bugs = Sparing(_log)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request (an ASGI scope of type ``http``)."""
        path = path_of(scope)
        if is_page(path):
            await self._pages(scope, receive, send)
            return
        match = self.match(scope["method"], path)
        if isinstance(match, Unrouted):
            await self._refuse(match, scope, send)
            return
        try:
            await match.target(scope, receive, send, match.params)
        except HalfAnswerError:  # told already: the server is to break the connection
            raise
        except Exception as error:  # noqa: BLE001 - the log has it
            request_id = self.bug(error, scope, match.params)
            if has_started(send):
                # Half an answer is out: the server ends the connection. It would log what it is told.
                raise HalfAnswerError(request_id) from None
            await answer(scope, send, *problems.bug(request_id))

    async def tunnel(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one WebSocket (an ASGI scope of that type), if its route passes them on."""
        match = self.match("GET", path_of(scope))
        websocket = None if isinstance(match, Unrouted) else getattr(match.target, "websocket", None)
        if isinstance(match, Unrouted) or websocket is None:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "no WebSocket here"})
            return
        try:
            await websocket(scope, receive, send, match.params)
        except Exception as error:  # noqa: BLE001 - the log has it
            self.bug(error, {**scope, "method": "GET"}, match.params)
            await send({"type": "websocket.close", "code": 1011})

    def bug(self, error: Exception, scope: Message, params: Mapping[str, str]) -> str:
        """Log *error*, which is of no step, under the request's id, which is returned."""
        trace = self._trace(scope)
        hide = private_values(scope, params)
        self._bugs(place_of(error), events.BUG_IN_REQUEST, trace, error=error, hide=hide)
        return trace.request_id

    async def _refuse(self, unrouted: Unrouted, scope: Message, send: Send) -> None:
        trace = self._trace(scope)
        problem = problems.not_routed(unrouted, trace.request_id)
        await answer(scope, send, *problem)
        self._meter.record(problem.status, False, 0.0)
        if self._access_log is not None:
            self._access_log.refused("no route", problem.status, trace, 0.0)

    def _trace(self, scope: Message) -> Trace:
        return self._intake.read(scope["headers"], None, 1.0)[0]
