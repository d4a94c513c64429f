"""redis-py's parser with a bound: an answer that is larger is read past, and never held in memory.

redis-py reads every answer whole, whatever its size, and a value of Redis may have 512 MB. What is too large
is skipped piece by piece, so the connection stays whole, and the answers behind it reach their askers.
"""

from __future__ import annotations

from typing import Any, Final

from redis._parsers import _AsyncRESP2Parser
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

_PIECE: Final = 65_536


class AnswerTooLargeError(ResponseError):
    """The texts of an answer have more bytes than agreed."""


class BoundedParser(_AsyncRESP2Parser):
    """Reads answers whose texts have *limit* bytes together, at most; one for each connection."""

    def __init__(self, limit: int, socket_read_size: int) -> None:
        super().__init__(socket_read_size)
        self._limit = limit
        self._left = limit

    async def read_response(self, disable_decoding: bool = False) -> Any:  # noqa: FBT001, FBT002 - redis-py's
        """The next answer; ``AnswerTooLargeError``, as other errors a value, in place of one that is."""
        self._left = self._limit
        answer = await super().read_response(disable_decoding)
        return answer if self._left >= 0 else AnswerTooLargeError(f"over {self._limit} bytes")

    async def _read(self, length: int) -> bytes:
        self._left -= length
        if self._left >= 0:
            return await super()._read(length)
        whole = length + 2
        missing = max(0, whole - max(0, len(self._buffer) - self._pos))
        while missing:
            piece = await self._stream.read(min(missing, _PIECE))  # type: ignore[union-attr]
            if not piece:
                raise RedisConnectionError("the connection ended within an answer")
            missing -= len(piece)
        self._pos += whole
        return b""
