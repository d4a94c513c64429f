"""A client's body that is passed on piece by piece: read only as fast as somebody takes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from gateway.edge.body import Refusal

if TYPE_CHECKING:
    from gateway.edge.answer import Receive
    from gateway.timers import Timer


class UploadError(Exception):
    """The body did not come to its end; whoever is concerned was told why before."""


class Upload:
    """Iterate over it once. At most *most* bytes (``None``: any number); each piece within *idle*'s time.

    *ended* is told once how it ended: ``None`` for a whole body. As a timer entry it is the wait for the next
    piece. ``size`` counts what has come.
    """

    __slots__ = ("_ended", "_idle", "_most", "_receive", "size")

    def __init__(
        self, receive: Receive, most: int | None, idle: Timer, ended: Callable[[Refusal | None], None]
    ) -> None:
        self._receive = receive
        self._most = most
        self._idle = idle
        self._ended = ended
        self.size = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            self._idle.start(self)
            try:
                message = await self._receive()
            finally:
                self._idle.stop(self)
            if message["type"] == "http.disconnect":
                self._ended(Refusal.GONE)
                raise UploadError
            piece: bytes = message.get("body", b"")
            self.size += len(piece)
            if self._most is not None and self.size > self._most:
                self._ended(Refusal.TOO_LARGE)
                raise UploadError
            if piece:
                yield piece
            more = message.get("more_body", False)
        self._ended(None)

    def expire(self) -> None:
        """No piece came in time."""
        self._ended(Refusal.STALLED)
