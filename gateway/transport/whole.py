"""Reads an answer that arrives whole, in one piece, as nearly all small ones do.

httptools calls back for every header, and nobody looks at most of them: those calls are half of what reading
an answer costs. Here the same parser checks the same bytes without telling of headers; whoever asks for them
gets them from the bytes that it accepted.

Rules of the file:
1. Only what is certain counts: one answer of a known length, head and body exactly as long as the piece.
   Everything else, also everything wrong, is left to ``Reader``, which begins with the same bytes anew.
2. Between two answers nothing here knows of either, so all connections of a pool share one of these: a
   thousand parsers would each be cold when their answer comes. One that saw anything else than whole
   answers, or the last one of a connection, is thrown away.
"""

from __future__ import annotations

from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.transport import framing
from gateway.transport.exchange import Response

_HTTP: Final = b"HTTP/1."
_END: Final = b"\r\n\r\n"
_SMALL: Final = 4 * framing.MAX_HEADERS  # a line takes four bytes at least, so there is no need to count


class Whole:
    """``read`` any answer's first piece; ``keep`` tells whether the last one allows another behind it.

    ``max_response`` bounds bodies, in bytes; they are counted in *buffered* and in their call's ``held``.
    """

    __slots__ = ("_bodies", "_ended", "_parser", "buffered", "keep", "max_response", "on_body")

    def __init__(self, max_response: int, buffered: Buffered) -> None:
        self.max_response = max_response
        self.buffered = buffered
        self.keep = False
        self._ended = 0
        self._bodies: list[bytes] = []
        self.on_body = self._bodies.append
        self._parser: HttpResponseParser | None = HttpResponseParser(self)

    def read(self, data: bytes, call: Call) -> Response | Failure | None:
        """The answer to *call* that *data*, its first piece, is; ``None`` if it is not exactly one."""
        if not data.startswith(_HTTP):
            return None
        parser = self._parser or self._anew()
        try:
            parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self._parser = None
            return None
        bodies = self._bodies
        body = bodies[0] if bodies else b""
        head = len(data) - len(body) - 4
        status = parser.get_status_code()
        # The first head is followed by the body, to the byte: no chunk sizes, no line ends behind it, and no
        # other answer before it or after it.
        if (
            self._ended != 1
            or status < 200
            or data.find(_END) != head
            or (head > _SMALL and framing.too_much(data, head))
        ):
            self._parser = None
            return None
        self._ended = 0
        bodies.clear()
        if not self.keep:
            self._parser = None  # it takes nothing more
        return self._counted(status, body, data, call)

    def close(self) -> None:
        """Part from the parser, which refers to this object."""
        self._parser = None

    def on_message_complete(self) -> None:
        """An answer ended (the parser knows only now whether another may follow)."""
        self._ended += 1
        self.keep = self._parser.should_keep_alive()  # type: ignore[union-attr]  # it is what calls

    def _counted(self, status: int, body: bytes, data: bytes, call: Call) -> Response | Failure:
        """The answer, if there is room for its body."""
        size = len(body)
        if size > self.max_response:
            return Failure(Cause.TOO_LARGE, f"an answer of {size} bytes")
        if size:
            if not self.buffered.take(size):
                return Failure(Cause.BULKHEAD_FULL, "max_buffered")
            call.held += size
        return Response(status, None, body, data)

    def _anew(self) -> HttpResponseParser:
        self._ended = 0
        self._bodies.clear()
        self._parser = HttpResponseParser(self)
        return self._parser
