"""Answers plain requests without ASGI: begun by their connection, ended by whoever ends their plan.

``Endpoint`` is the reference: what it answers over ASGI is answered here, to the byte, and the tests of this
file ask both the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway.edge import problems
from gateway.edge.answer import status_line
from gateway.edge.endpoint import Endpoint
from gateway.edge.inputs import InputFault
from gateway.edge.pages import is_page
from gateway.edge.path import decoded
from gateway.edge.router import Unrouted
from gateway.plan.execute import Run

if TYPE_CHECKING:
    from gateway.call import Trace
    from gateway.edge.client import Client
    from gateway.edge.listener import Listener
    from gateway.edge.problems import Problem
    from gateway.transport.head import Head


class Directly:
    """Begins what *listener* can answer directly."""

    __slots__ = ("_listener",)

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def begin(self, head: Head, client: Client) -> bool:
        """Answer the request of *head* to *client*, now or later; ``False``: it cannot, and did nothing."""
        path, _, query = head.target.partition(b"?")
        if is_page(path):
            return False
        match = self._listener.match("GET", path)
        if isinstance(match, Unrouted):
            return False
        target = match.target
        if not isinstance(target, Endpoint) or not target.direct:
            return False
        request = DirectRequest(self._listener, target, client, match.params, path, query, head.headers)
        client.took(request)
        request.begin()
        return True


class DirectRequest:
    """One request. ``answered``: its answer is written."""

    __slots__ = (
        "_client",
        "_endpoint",
        "_entered",
        "_headers",
        "_listener",
        "_params",
        "_path",
        "_query",
        "_run",
        "_started",
        "answered",
    )

    def __init__(
        self,
        listener: Listener,
        endpoint: Endpoint,
        client: Client,
        params: Mapping[str, str],
        path: bytes,
        query: bytes,
        headers: list[tuple[bytes, bytes]],
    ) -> None:
        self.answered = False
        self._listener = listener
        self._endpoint = endpoint
        self._client: Client | None = client
        self._params = params
        self._path = path
        self._query = query
        self._headers = headers
        self._started = endpoint.engine.clock()
        self._entered = False
        self._run: Run | None = None

    def begin(self) -> None:
        """Check the request and run its plan."""
        endpoint, client = self._endpoint, self._client
        assert client is not None
        try:
            trace, limit = endpoint.intake.read(self._headers, client.address, endpoint.plan.time_limit)
            if not endpoint.enter():
                self._refuse(problems.no_space(trace.request_id), trace)
                return
            self._entered = True
            try:
                inputs = endpoint.read_inputs(self._params, self._query, self._headers, None)
            except InputFault as fault:
                self._refuse(problems.bad_request(fault, trace.request_id), trace)
                return
            run = self._run = Run(endpoint.plan, endpoint.engine, inputs, trace, limit)
            run.start(self._ended)
        except Exception as error:  # noqa: BLE001 - the log has it
            self._crash(error)

    def client_left(self) -> None:
        """Nobody waits for the answer any more."""
        self._client = None
        if self.answered or self._run is None:
            self.release()
        else:
            self._run.abandon()

    def release(self) -> None:
        """The answer no longer needs what it was made of."""
        self._client = None
        run, self._run = self._run, None
        if run is not None:
            run.release()
        if self._entered:
            self._entered = False
            self._endpoint.leave()

    def _ended(self) -> None:
        """The plan was run."""
        run, client, endpoint = self._run, self._client, self._endpoint
        if run is None:
            return
        if run.abandoned or client is None:
            endpoint.left(run.trace, self._scope)
            self.release()
            return
        try:
            status, block, body, degraded = endpoint.rendered(run)
            seconds = endpoint.engine.clock() - self._started
            client.answer(self, status_line(status), block, body)
            endpoint.tell(run, self._scope, status, len(body), degraded=degraded, seconds=seconds)
        except Exception as error:  # noqa: BLE001 - the log has it
            self._crash(error)
        else:
            client.done(self)

    def _refuse(self, problem: Problem, trace: Trace) -> None:
        client = self._client
        assert client is not None, "it is there until something waits"
        client.answer(self, status_line(problem.status), problem.block, problem.body)
        self._endpoint.tell_refusal(self._scope, problem.status, trace, self._started)
        client.done(self)

    def _crash(self, error: Exception) -> None:
        """A bug outside of any step."""
        client = self._client
        request_id = self._listener.bug(error, self._scope(), self._params)
        if client is None:
            self.release()
            return
        if not self.answered:
            problem = problems.bug(request_id)
            client.answer(self, status_line(problem.status), problem.block, problem.body)
        client.done(self)

    def _scope(self) -> dict[str, Any]:
        """The request as ASGI would tell of it, for those few who must know."""
        client = self._client
        return {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "http_version": "1.1",
            "path": decoded(self._path),
            "raw_path": self._path,
            "query_string": self._query,
            "headers": self._headers,
            "client": client.address if client is not None else None,
            "server": client.server if client is not None else None,
        }
