"""What every transport has in common: one HTTP exchange for one call, and the state of its pool."""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mypy_extensions import mypyc_attr

from gateway.call import Call
from gateway.outcome import Failure

if TYPE_CHECKING:
    from gateway.transport.streamed import StreamedResponse


@mypyc_attr(allow_interpreted_subclasses=True)
class Request:
    """A rendered HTTP request. ``target`` is in origin form (base path, path and query, escaped).

    ``headers`` is a block of ready lines (``b"name: value\\r\\n"`` each); the transport adds what
    belongs to the connection: host, content-length, accept-encoding.
    """

    __slots__ = ("body", "headers", "method", "target")

    def __init__(self, method: str, target: bytes, headers: bytes = b"", body: bytes = b"") -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.target.partition(b'?')[0].decode('latin-1')}>"


class Response:
    """A whole HTTP answer; headers in the order and the spelling in which they came.

    White space may follow a value in ``headers`` (to cut it off everywhere costs more than it is worth);
    ``header`` gives values without it. Without *headers* they are taken from *raw*, which begins with a head
    that a parser has accepted, when somebody asks for them.
    """

    __slots__ = ("_headers", "_raw", "body", "status")

    def __init__(
        self, status: int, headers: list[tuple[bytes, bytes]] | None, body: bytes, raw: bytes = b""
    ) -> None:
        self.status = status
        self.body = body
        self._headers = headers
        self._raw = raw

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """All headers; made at the first look."""
        headers = self._headers
        if headers is None:
            lines = self._raw[: self._raw.index(b"\r\n\r\n")].split(b"\r\n")[1:]
            headers = self._headers = [_parted(line) for line in lines]
            self._raw = b""
        return headers

    def header(self, name: bytes) -> bytes | None:
        """The first header of that name (given in lower case), whatever case it was sent in."""
        for key, value in self.headers:
            if key.lower() == name:
                return value.strip(b" \t")
        return None

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.body)} bytes>"


def _parted(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.lstrip(b" \t")


@dataclass(frozen=True, slots=True)
class PoolState:
    """One pool at an instant. ``open`` = ``idle`` + ``in_use`` (connecting ones too).

    The last three only ever grow: connections made, calls that went over a used one, and connections
    that the upstream closed or broke.
    """

    limit: int
    open: int
    idle: int
    in_use: int
    waiting: int
    created: int
    reused: int
    lost: int


class Streaming(Protocol):
    """What a transport can do besides: bodies of any size, in both directions, that are never whole."""

    async def stream(
        self,
        request: Request,
        extra: bytes,
        call: Call,
        *,
        idle_timeout: float,
        body: AsyncIterable[bytes] | None = None,
        length: int | None = None,
    ) -> StreamedResponse | Failure:
        """Send *request* and read the head of its answer; its body is taken piece by piece.

        *body* stands in for ``request.body``: *length* bytes, or in chunks if that is not known. It is
        asked for the next piece only when the upstream took the last one; what it raises is raised here
        or by the iteration. ``idle_timeout`` (seconds) bounds the wait for each piece of the answer; the
        wait for its head is the attempt timeout's. Content codings pass as they are: none are asked
        for, unless the request's headers do. No bound on sizes; ``call.held`` stays as it is. Whoever gets a
        ``StreamedResponse`` iterates to its end or closes it.
        """


class Transport(Streaming, Protocol):
    """How the requests of one upstream travel."""

    async def open(self) -> None:
        """Get ready; makes no connection."""

    async def exchange(self, request: Request, extra: bytes, call: Call) -> Response | Failure:
        """Send *request*, with the header lines *extra* added, and read the whole answer.

        Waits on ``call.waiter`` (so ``call.cut`` ends it at once), sets ``call.sent`` when the first
        byte leaves, counts body bytes in ``call.held``. Never raises for anything the network or the
        upstream does. Whatever ends it, also a cancellation, gives the connection slot back.
        """

    async def close(self) -> None:
        """Close every connection. Calls under way end as ``incomplete``."""

    def state(self) -> PoolState:
        """The pool now."""
