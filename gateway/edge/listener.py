"""The public listener: finds who answers a request (a page, a route, or nobody), and handles bugs of all.

Every request comes through here, so nothing in it depends on how many routes there are.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gateway.edge import problems
from gateway.edge.answer import Message, Receive, Send, answer, has_started
from gateway.edge.pages import is_page
from gateway.edge.path import path_of
from gateway.edge.router import Unrouted

if TYPE_CHECKING:
    from gateway.edge.endpoint import Endpoint, RequestMeter
    from gateway.edge.incoming import Intake
    from gateway.edge.router import Router

_log = logging.getLogger("gateway.edge")


class Listener:
    """Answers HTTP requests: *pages* are the gateway's own, *router* knows the endpoints.

    *meter* counts the requests that no route takes.
    """

    def __init__(self, router: Router[Endpoint], pages: Any, intake: Intake, meter: RequestMeter) -> None:
        self._match = router.match
        self._pages = pages
        self._intake = intake
        self._meter = meter

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request (an ASGI scope of type ``http``)."""
        path = path_of(scope)
        if is_page(path):
            await self._pages(scope, receive, send)
            return
        match = self._match(scope["method"], path)
        if isinstance(match, Unrouted):
            problem = problems.not_routed(match, self._request_id(scope))
            await answer(scope, send, *problem)
            self._meter.record(problem.status, False, 0.0)
            return
        try:
            await match.target(scope, receive, send, match.params)
        except Exception:
            request_id = self._request_id(scope)
            _log.exception("bug outside of any step (request %s)", request_id)
            if has_started(send):
                raise  # half an answer is out: the server ends the connection
            await answer(scope, send, *problems.bug(request_id))

    def _request_id(self, scope: Message) -> str:
        return self._intake.read(scope["headers"], None, 1.0)[0].request_id
