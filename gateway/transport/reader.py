"""Reads one HTTP/1.1 answer after the other from bytes: httptools' parser, our limits, no I/O.

Rules of the file:
1. ``read`` returns exactly one thing per answer: the whole ``Response``, or the ``Failure`` that it is.
2. ``clean`` is true only if the answer allows another one and ended where the bytes ended.
3. What is not certain about where an answer ends is ``unreadable`` (see ``framing``).
"""

from __future__ import annotations

from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from mypy_extensions import mypyc_attr

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.transport import framing
from gateway.transport.exchange import Response

_HTTP: Final = b"HTTP/1."
_CR: Final = 13


@mypyc_attr(allow_interpreted_subclasses=True)
class Reader:
    """Call ``begin``, then ``read`` with every piece that arrives until it returns something.

    Body bytes are counted in *buffered* and in the call's ``held`` as they arrive. ``started``: at
    least one byte of an answer came. ``close`` parts reader and parser, which refer to each other.
    """

    __slots__ = (
        "_before",
        "_begun",
        "_buffered",
        "_call",
        "_checked",
        "_chunked",
        "_extra",
        "_failure",
        "_head_count",
        "_head_only",
        "_headers",
        "_keep",
        "_max_response",
        "_parser",
        "_pieces",
        "_prefix",
        "_quiet",
        "_raw",
        "_response",
        "_size",
        "_status",
        "_until_close",
        "clean",
    )

    _chunked: bool
    _failure: Failure | None
    _response: Response | None

    def __init__(self, max_response: int, buffered: Buffered) -> None:
        self._max_response = max_response
        self._buffered = buffered
        self._parser: HttpResponseParser | None = None
        self._headers: framing.Headers = []
        self._pieces: list[bytes] = []
        self.clean = False

    def begin(self, call: Call, *, head_only: bool) -> None:
        """Expect an answer for *call*; *head_only*: to a HEAD request."""
        self._call = call
        self._head_only = head_only
        self._begun = self._until_close = self.clean = False
        self._prefix = b""

    @property
    def started(self) -> bool:
        """At least one byte of the answer came."""
        return self._begun or bool(self._prefix)

    def read(self, data: bytes) -> Response | Failure | None:
        """What *data* completes; ``None``: more is to come."""
        if not self._begun:
            if self._prefix or not data.startswith(_HTTP):
                return self._read_first(data)
            self._begun = True
            self._reset()
        parser = self._parser
        assert parser is not None
        try:
            parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if self._response is None:
                return self._failure or Failure(Cause.UNREADABLE, f"not HTTP: {error}")
            self._extra = True  # the answer was complete: what follows it is wrong
        if self._failure is not None:
            return self._failure
        if self._response is None:
            return self._look_ahead(data)
        return self._finish(self._response, data)

    def end(self) -> Response | Failure | None:
        """The peer sent its last byte: an answer that lasts until then is complete."""
        if not self._until_close:
            return None
        self.on_message_complete()
        assert self._response is not None
        return self._finish(self._response, b"")

    def close(self) -> None:
        """Nothing will be read any more."""
        self._parser = None

    # httptools' callbacks, in the order in which they come

    def on_message_begin(self) -> None:
        """Another answer after a complete one is not ours."""
        if self._response is not None:
            self._extra = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The status and the headers are known; a HEAD answer ends here."""
        parser = self._parser
        if self._response is not None or parser is None:
            return
        self._status = parser.get_status_code()
        self._keep = parser.should_keep_alive()
        if self._head_only and self._status >= 200:
            self.on_message_complete()

    def on_chunk_header(self) -> None:
        """The body comes in chunks; what comes after it in the form of headers are trailers."""
        if not self._chunked and self._response is None:
            self._chunked = True
            self._head_count = len(self._headers)

    def on_body(self, piece: bytes) -> None:
        """A part of the body."""
        size = len(piece)
        self._size += size
        if self._response is not None:
            self._extra = True
        elif self._size > self._max_response:
            self._failure = Failure(Cause.TOO_LARGE, f"an answer of more than {self._max_response} bytes")
        elif self._buffered.take(size):
            self._call.held += size
            self._pieces.append(piece)
        else:
            self._failure = Failure(Cause.BULKHEAD_FULL, "max_buffered")

    def on_message_complete(self) -> None:
        """The answer ended; an interim one (1xx) only precedes it."""
        if self._response is not None:
            return
        if 100 <= self._status < 200:
            self._headers.clear()
            self._status = 0
            return
        if self._chunked:
            self._check_coding()
            del self._headers[self._head_count :]  # trailers are not headers (RFC 9110 section 6.5.1)
        self._response = Response(self._status, self._headers, b"".join(self._pieces))
        # What another answer would add must not reach this one.
        self._headers = []
        self._pieces = []

    # what follows from them

    def _reset(self) -> None:
        """Begin to read an answer that takes more than one look."""
        self._parser = self._parser or HttpResponseParser(self)
        self._checked = self._chunked = self._extra = self._keep = False
        self._raw = self._size = self._status = self._head_count = self._quiet = self._before = 0
        self._failure = None
        self._response = None

    def _check_coding(self) -> None:
        """To be called while the parser is at this answer: it tells the version of what it saw last."""
        parser = self._parser
        assert parser is not None
        fault = framing.fault_in_coding(self._headers, parser.get_http_version())
        if fault is not None:
            self._failure = Failure(Cause.UNREADABLE, fault)

    def _finish(self, response: Response, data: bytes) -> Response | Failure:
        """Look at the complete answer once more; *data* is the piece that ended it."""
        fault = None
        if len(response.headers) > framing.MAX_HEADERS or self._raw + len(data) > framing.MAX_HEAD:
            fault = framing.fault_in_size(response.headers)
        if response.status < 100:
            fault = fault or f"status {response.status}"
        if fault is not None:
            return Failure(Cause.UNREADABLE, fault)
        clean = self._keep and not self._extra
        if clean and data[-1] <= _CR:
            clean = framing.ends_with_body(data, response.body, chunked=self._chunked)
        self.clean = clean
        if self._head_only:
            self._parser = HttpResponseParser(self)  # the old one waits for a body that does not come
        return response

    def _read_first(self, data: bytes) -> Response | Failure | None:
        """The first bytes are not those of an answer, or too few to tell."""
        begin = self._prefix + data
        self._prefix = b""
        if begin.startswith(_HTTP):
            return self.read(begin)
        if _HTTP.startswith(begin):
            self._prefix = begin
            return None
        return Failure(Cause.UNREADABLE, "not HTTP/1.x")

    def _look_ahead(self, data: bytes) -> Failure | None:
        """The answer is not complete after *data*: is it worth waiting for the rest?"""
        self._raw += len(data)
        self._quiet = self._quiet + len(data) if self._size == self._before else 0
        self._before = self._size
        if (
            self._quiet > 2 * framing.MAX_HEAD  # heads, interim answers, trailers
            or self._raw - self._size > 2 * framing.MAX_HEAD + 16 * self._size  # chunk extensions
        ):
            return Failure(Cause.UNREADABLE, "more framing than content")
        if self._checked or not self._status:
            return None
        self._checked = True
        headers = self._headers
        fault = framing.fault_in_size(headers)
        if fault is not None:
            return Failure(Cause.UNREADABLE, fault)
        self._check_coding()
        if self._failure is not None:
            return self._failure
        length = framing.announced_length(headers)
        if length is not None and length > self._max_response:
            return Failure(Cause.TOO_LARGE, f"an answer of {length} bytes")
        self._until_close = length is None and not framing.is_chunked(headers)
        return None
