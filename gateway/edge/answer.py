"""Writes a whole answer: in one write where the server is uvicorn's httptools protocol, else by plain ASGI.

uvicorn writes head and body apart and checks every header by two regular expressions; one write of ready
bytes brings a bare answer to 0.68 of its cost (docs/decisions/0005). The short cut reaches into uvicorn's
request cycle, so it is guarded: only for exactly the class it was written against, only if every member it
touches is there, and never where uvicorn would do something else (an access log, HEAD, back-pressure).
Header values must be checked by whoever makes the block: this module writes them as they are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http import httptools_impl

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

_Cycle: Final = httptools_impl.RequestResponseCycle
_TOUCHED: Final = {
    *("access_log", "default_headers", "keep_alive", "on_response", "transport", "flow"),
    *("disconnected", "response_started", "response_complete", "message_event"),
    *("chunked_encoding", "waiting_for_100_continue"),
}
_STATUS_LINE: Final = {
    int(status): f"HTTP/1.1 {int(status)} {status.phrase}\r\n".encode() for status in HTTPStatus
}


def _knows(cycle: type) -> bool:
    """Whether this uvicorn's cycle has every member that the short cut touches (set in ``__init__``)."""
    return set(vars(cycle)["__init__"].__code__.co_names) >= _TOUCHED


ONE_WRITE: Final = _knows(_Cycle)


def status_line(status: int) -> bytes:
    """The first line of an answer, with its end."""
    return _STATUS_LINE.get(status) or b"HTTP/1.1 %d \r\n" % status


def header_block(headers: Iterable[tuple[str, str]]) -> bytes:
    """Ready header lines of trusted names and values; a CR, LF or NUL is a bug and raises ``ValueError``."""
    lines = []
    for name, value in headers:
        if any(char in name + value for char in "\r\n\0"):
            raise ValueError(f"header {name!r} holds a line break or NUL")
        lines.append(f"{name}: {value}\r\n".encode("latin-1"))
    return b"".join(lines)


class HalfAnswerError(Exception):
    """An answer cannot be finished because of a bug, which the log has under this request id.

    Raised in its place: the server logs what it is told, with everything that stands in it.
    """


def has_started(send: Send) -> bool:
    """Whether an answer has begun, as far as the server lets us know."""
    cycle = getattr(send, "__self__", None)
    return cycle.__class__ is _Cycle and bool(cycle.response_started)


async def answer(scope: Message, send: Send, status: int, block: bytes, body: bytes) -> None:
    """Send *status*, the header lines of *block* with a content-length, and *body* (none for HEAD).

    Returns when the client has read (nearly all of) it, where the server tells.
    """
    cycle = getattr(send, "__self__", None)
    if (
        cycle.__class__ is not _Cycle
        or not ONE_WRITE
        or cycle.access_log
        or cycle.response_started
        or cycle.flow.write_paused
        or scope["method"] == "HEAD"
        or status in {204, 304}
    ):
        await _plain(scope, send, status, block, body)
    elif not cycle.disconnected:
        _at_once(cycle, status, block, body)
        if cycle.flow.write_paused:  # the client reads slowly: until it has read, the body is still held
            await cycle.flow.drain()


def _at_once(cycle: Any, status: int, block: bytes, body: bytes) -> None:
    """What ``cycle.send`` does for head and body together, with one write."""
    parts = [status_line(status)]
    for name, value in cycle.default_headers:
        parts += (name, b": ", value, b"\r\n")
    parts += (block, b"content-length: %d\r\n" % len(body))
    parts += (b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n", body)
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    cycle.chunked_encoding = False
    cycle.transport.write(b"".join(parts))
    cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()


async def _plain(scope: Message, send: Send, status: int, block: bytes, body: bytes) -> None:
    headers = [tuple(line.split(b": ", 1)) for line in block.split(b"\r\n") if line]
    if status not in {204, 304}:
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    empty = scope["method"] == "HEAD" or status in {204, 304}
    await send({"type": "http.response.body", "body": b"" if empty else body})
