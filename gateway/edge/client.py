"""One connection of a client: plain requests are answered directly, all others by uvicorn's protocol.

What a gateway is asked nearly always is a GET in one piece over a connection that has nothing else under
way. Such a request needs no ASGI scope, no task, no event and no timer of its own: its answer is written by
whoever ends its last step. Everything else (bodies, pages, pipelines, pieces of heads, what is faulty) goes
to uvicorn's protocol, which is made when it is first needed.

Rules of the file:
1. At any moment one of the two has the connection: ``_request``, or ``_slow`` while it is busy.
2. Bytes keep their order. What comes while a request is answered directly waits, and nothing more is read.
3. A client that leaves is noticed at once: nobody has to wait for it.
"""

from __future__ import annotations

from asyncio import Transport
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gateway.edge.unread import Unread
from gateway.transport.head import Head

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn.server import ServerState

    from gateway.edge.bounds import Bounds
    from gateway.edge.direct import Directly, DirectRequest
    from gateway.edge.heads import BoundedProtocol
    from gateway.timers import Timer

KEEP_ALIVE: Final = 5.0
"""Seconds after an answer in which the next request must come; uvicorn's own."""

_LAST: Final = b"connection: close\r\n\r\n"
_NOT_LAST: Final = b"\r\n"


class Door:
    """What the connections of one listener share.

    ``head`` reads their requests, ``directly`` answers what it can without uvicorn; ``slow`` makes the
    protocol for the rest. The server waits for ``connections`` when it stops. Between requests a connection
    is closed by ``idle``, before the first by ``fresh``.
    """

    __slots__ = (
        *("_lines", "_of", "bounds", "connections", "directly"),
        *("fresh", "head", "idle", "max_head", "slow", "state"),
    )

    def __init__(
        self, directly: Directly, slow: Callable[[], BoundedProtocol], state: Any, idle: Timer, bounds: Bounds
    ) -> None:
        self.bounds = bounds
        self.directly = directly
        self.slow = slow
        self.state = state
        self.connections: set[Any] = state.connections
        self.idle = idle
        self.fresh: Timer = bounds.head
        self.max_head: int = bounds.max_head
        self.head = Head()
        self._of: object = None
        self._lines = b""

    def default_lines(self) -> bytes:
        """The header lines of every answer; the server makes new ones each second, for the date."""
        headers = self.state.default_headers
        if headers is not self._of:
            self._of = headers
            self._lines = b"".join(b"%b: %b\r\n" % (name, value) for name, value in headers)
        return self._lines


class Client:
    """See above; a ``Protocol`` of asyncio in all but its base, which a compiled class cannot have."""

    __slots__ = (
        "_behind",
        "_door",
        "_full",
        "_last",
        "_request",
        "_slow",
        "_timer",
        "_unread",
        "address",
        "server",
        "transport",
    )

    def __init__(self, door: Door) -> None:
        self.transport: Transport | None = None
        self.address: tuple[str, int] | None = None
        self.server: tuple[str, int] | None = None
        self._door = door
        self._request: DirectRequest | None = None
        self._slow: BoundedProtocol | None = None
        self._timer = door.fresh  # of its kinds of waiting for a request the present one's
        self._unread: Unread | None = None
        self._behind = b""
        self._full = False
        self._last = False

    # ── what asyncio calls ──────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: Transport) -> None:
        """Somebody connected."""
        self.transport = transport
        self.address = _address(transport, "peername")
        self.server = _address(transport, "sockname")
        self._door.connections.add(self)
        self._timer.start(self)

    def data_received(self, data: bytes) -> None:
        """A piece of one request, or of several."""
        if self._request is not None:
            self._behind += data
            self.transport.pause_reading()  # type: ignore[union-attr]  # it is there while data comes
            return
        door, slow = self._door, self._slow
        if slow is not None:
            if slow.busy:
                slow.data_received(data)
                return
            slow.rest()
        self._timer.stop(self)
        head = door.head
        if len(data) > door.max_head or not head.read(data) or not door.directly.begin(head, self):
            self._pass_on(data)

    def eof_received(self) -> None:
        """The client sends no more; the transport closes itself, once it has sent what there is."""
        self.see_off()

    def pause_writing(self) -> None:
        """The client reads slowly."""
        self._full = True
        self._watched().begin()
        if self._slow is not None:
            self._slow.pause_writing()

    def resume_writing(self) -> None:
        """It has read."""
        self._full = False
        self._watched().end()
        if self._slow is not None:
            self._slow.resume_writing()
        request = self._request
        if request is not None and request.answered:
            self._over(request)

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone."""
        self.leave()
        self._timer.stop(self)
        if self._unread is not None:
            self._unread.forget()
            self._unread = None
        self.transport = None
        if self._slow is not None:
            self._slow.connection_lost(error)
        request, self._request = self._request, None
        if request is not None:
            request.client_left()

    # ── what the server calls ───────────────────────────────────────────────────────────────────────

    def shutdown(self) -> None:
        """No further request after the one under way."""
        if self._request is not None:
            self._last = True
        elif self._slow is not None and self._slow.busy:
            self._slow.shutdown()
        elif self.transport is not None:
            self.transport.close()

    def leave(self) -> None:
        """The connection is gone, or another protocol's for good."""
        self._door.connections.discard(self)

    def expire(self) -> None:
        """There was no request, or no further one (the timer of idle connections calls this)."""
        self._close()

    def see_off(self) -> None:
        """The connection is closed as soon as the client has read what is unsent."""
        if self.transport is not None and self.transport.get_write_buffer_size():
            self._watched().begin()

    # ── what a direct request calls ─────────────────────────────────────────────────────────────────

    def took(self, request: DirectRequest) -> None:
        """*request* is under way."""
        self._request = request

    def answer(self, request: DirectRequest, status_line: bytes, block: bytes, body: bytes) -> None:
        """Write a whole answer, *block* being its header lines without a content-length."""
        transport, door = self.transport, self._door
        if transport is None:
            return
        lines = (status_line, door.default_lines(), block, b"content-length: %d\r\n" % len(body))
        end = _LAST if self._last else _NOT_LAST
        # Joined whatever its size: asyncio's `writelines` (CPython 3.13.0) does not tell when it is full.
        transport.write(b"".join((*lines, end, body)))
        request.answered = True
        door.state.total_requests += 1

    def done(self, request: DirectRequest) -> None:
        """Nothing is left to do for *request*: on to the next, as soon as the client has read the answer.

        Until then its body is still held.
        """
        if not self._full:
            self._over(request)

    def _over(self, request: DirectRequest) -> None:
        """*request* was answered, and its answer is on its way."""
        self._request = None
        request.release()
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        if self._last:
            self._close()
            return
        if self._behind:
            data, self._behind = self._behind, b""
            transport.resume_reading()
            self.data_received(data)
        else:
            self._timer = self._door.idle
            self._timer.start(self)

    def _close(self) -> None:
        """End the connection when all is sent; the client is to read it."""
        if self.transport is not None:
            self.transport.close()
            self.see_off()

    def _watched(self) -> Unread:
        """What watches over the connection's unsent bytes; made when there first are some."""
        unread = self._unread
        if unread is None:
            assert self.transport is not None, "there is a client"
            unread = self._unread = Unread(self.transport, self._door.bounds, self._excused)
        return unread

    def _excused(self) -> bool:
        return self._slow is not None and self._slow.excused

    def _pass_on(self, data: bytes) -> None:
        """Leave *data* to uvicorn."""
        slow = self._slow
        if slow is None:
            slow = self._slow = self._door.slow()
            slow.serve_for(self)
        slow.data_received(data)


class Clients:
    """Makes the protocol of each new connection, as uvicorn asks for it; its arguments are ``Door``'s."""

    def __init__(
        self, slow: Callable[..., BoundedProtocol], directly: Directly, idle: Timer, bounds: Bounds
    ) -> None:
        self._slow = slow
        self._directly = directly
        self._idle = idle
        self._bounds = bounds
        self._door: Door | None = None

    def __call__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any = None
    ) -> Client:
        """One connection of the server whose state this is."""
        door = self._door
        if door is None or door.state is not server_state:
            make = partial(self._slow, config, server_state, app_state, _loop)
            door = self._door = Door(self._directly, make, server_state, self._idle, self._bounds)
        return Client(door)


def _address(transport: Transport, which: str) -> tuple[str, int] | None:
    """Host and port of one end; ``None`` where there are none (a unix socket)."""
    found = transport.get_extra_info(which)
    return (str(found[0]), int(found[1])) if isinstance(found, tuple) and len(found) >= 2 else None
