"""How an answer goes wrong on the wire: one function per fault mode.

Every one of them ends promptly when the client leaves or the service stops: both end the connection,
and that sets ``visitor.gone``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from services.mock.faults import Mode
from services.mock.visitor import Answer, Visitor, piece

DRIP_PAUSE: Final = 0.1
"""Seconds between two bytes: any answer takes longer than anybody waits, yet every read gets a byte."""

HUGE_BYTES: Final = 50_000_000
HUGE_PIECE: Final = 64 * 1024

Spoil = Callable[[Visitor, Answer], Awaitable[None]]


async def hang(visitor: Visitor, answer: Answer) -> None:  # noqa: ARG001  # every mode has the same shape
    """Take the request, never answer."""
    await visitor.gone.wait()


async def reset(visitor: Visitor, answer: Answer) -> None:  # noqa: ARG001
    """Take the request, answer with RST instead of a byte."""
    visitor.wire.reset()
    await visitor.gone.wait()


async def truncate(visitor: Visitor, answer: Answer) -> None:
    """Promise the whole body, send half of it, close the connection properly (FIN)."""
    await visitor.send(answer.head(len(answer.body)))
    await visitor.send(piece(answer.body[: len(answer.body) // 2], more=True))
    visitor.wire.close()
    await visitor.gone.wait()


async def invalid_json(visitor: Visitor, answer: Answer) -> None:
    """Well framed, but the document stops in its middle."""
    half = answer.body[: len(answer.body) // 2]
    await visitor.send(answer.head(len(half)))
    await visitor.send(piece(half))


async def bad_length(visitor: Visitor, answer: Answer) -> None:
    """Promise half of the body and send all: the rest comes unasked on a connection that stays open.

    A client that takes the promise gets a document that stops in its middle; one that then reuses the
    connection reads the rest as its next answer.
    """
    half = len(answer.body) // 2
    await visitor.send(answer.head(half))
    await visitor.send(piece(answer.body[:half]))
    visitor.wire.write(answer.body[half:])


async def drip(visitor: Visitor, answer: Answer) -> None:
    """The right answer, one byte of its body at a time."""
    await visitor.send(answer.head(len(answer.body)))
    for at in range(len(answer.body)):
        await visitor.send(piece(answer.body[at : at + 1], more=True))
        if not await visitor.stays(DRIP_PAUSE):
            return
    await visitor.send(piece(b""))


async def huge(visitor: Visitor, answer: Answer) -> None:
    """A valid JSON document of 50 MB, chunked, so that its length is no warning."""
    await visitor.send(answer.head(None))
    await visitor.send(piece(b'{"padding":"', more=True))
    filling = b"x" * HUGE_PIECE
    for _ in range(HUGE_BYTES // HUGE_PIECE):
        await visitor.send(piece(filling, more=True))
        if visitor.gone.is_set():
            return
    await visitor.send(piece(b'"}'))


SPOIL: Final[dict[Mode, Spoil]] = {
    Mode.HANG: hang,
    Mode.RESET: reset,
    Mode.TRUNCATE: truncate,
    Mode.INVALID_JSON: invalid_json,
    Mode.HUGE: huge,
    Mode.DRIP: drip,
    Mode.BAD_LENGTH: bad_length,
}
