"""Reads one HTTP/1.1 answer and hands its body on piece by piece, under the same rules as ``reader``."""

from __future__ import annotations

from collections.abc import Callable

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.transport import framing
from gateway.transport.reader import Reader


class PieceReader(Reader):
    """``head`` is status and headers once they are known; *sink* gets every piece of the body.

    A body has no bound here. ``read`` returns the ``Response`` at its end, whose body is the last piece only.
    """

    __slots__ = ("_sink", "head")

    def __init__(self, call: Call, sink: Callable[[bytes], None], *, head_only: bool) -> None:
        super().__init__(0, Buffered(0))
        self._sink = sink
        self.head: tuple[int, framing.Headers] | None = None
        self.begin(call, head_only=head_only)

    def on_headers_complete(self) -> None:
        """The status and the headers are known, and checked before anybody sees them."""
        parser = self._parser
        if self._response is not None or parser is None:
            return
        status, headers = parser.get_status_code(), self._headers
        if status >= 200 or status < 100:
            fault = framing.fault_in_size(headers)
            fault = fault or framing.fault_in_coding(headers, parser.get_http_version())
            fault = fault or (f"status {status}" if status < 100 else None)
            if fault is not None:
                self._failure = Failure(Cause.UNREADABLE, fault)
                return
            self._checked = True
            self._until_close = framing.announced_length(headers) is None and not framing.is_chunked(headers)
            self.head = status, [(name, value.strip(b" \t")) for name, value in headers]
        super().on_headers_complete()

    def on_body(self, piece: bytes) -> None:
        """A part of the body."""
        if self._response is not None:
            self._extra = True
        elif self._failure is None:
            self._size += len(piece)
            self._pieces = [piece]  # `_finish` wants to see how the body ended
            self._sink(piece)
