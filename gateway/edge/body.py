"""Reads a request's body within its bounds: one request's ``max_body`` and the gateway's ``max_buffered``."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.buffered import Buffered
    from gateway.edge.answer import Receive


class Refusal(Enum):
    """Why a body was not read to its end."""

    TOO_LARGE = "too_large"
    NO_SPACE = "no_space"
    GONE = "gone"
    STALLED = "stalled"


def declared_length(headers: list[tuple[bytes, bytes]]) -> int:
    """The Content-Length a client announced; 0 if none or not a number."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def body_length(headers: list[tuple[bytes, bytes]]) -> int | None:
    """Bytes of a request's body; 0 without one, ``None`` if they are not known."""
    if any(name == b"transfer-encoding" for name, _ in headers):
        return None
    return declared_length(headers)


async def read_body(
    headers: list[tuple[bytes, bytes]], receive: Receive, limit: int, buffered: Buffered
) -> bytes | Refusal:
    """The whole body, whose bytes the caller must give back to *buffered*; or why there is none.

    A body over *limit* bytes is refused by its declared length, or as soon as it has passed the limit.
    """
    if declared_length(headers) > limit:
        return Refusal.TOO_LARGE
    pieces: list[bytes] = []
    size = 0
    whole = False
    try:
        while not whole:
            message = await receive()
            if message["type"] == "http.disconnect":
                return Refusal.GONE
            piece = message.get("body", b"")
            if size + len(piece) > limit:
                return Refusal.TOO_LARGE
            if not buffered.take(len(piece)):
                return Refusal.NO_SPACE
            size += len(piece)
            pieces.append(piece)
            whole = not message.get("more_body", False)
    finally:
        if not whole:  # refused, gone or cancelled: nobody gets these bytes
            buffered.give(size)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
