"""Reads the head of a request that wants nothing but an answer: a GET without a body, whole in one piece.

httptools' parser reads it, as it reads everybody else's; what is left out is all that uvicorn makes of a head
for an application that may do anything with it.

Rules of the file:
1. Only what is certain counts: one GET of HTTP/1.1 that ends with the piece and lets the connection go on.
   Everything else, also everything wrong, is left to uvicorn, which begins with the same bytes anew.
2. Between two of them the parser knows nothing of either, so all connections share one (see ``whole``). One
   that saw anything else is thrown away.
"""

from __future__ import annotations

from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

_GET: Final = b"GET /"
_END: Final = b"\r\n\r\n"


class Head:
    """``read`` one piece after the other; ``target`` and ``headers``, names in lower case, are the last's."""

    __slots__ = ("_body", "_ended", "_keep", "_parser", "headers", "target")

    def __init__(self) -> None:
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self._ended = 0
        self._body = False
        self._keep = False
        self._parser: HttpRequestParser | None = None

    def read(self, data: bytes) -> bool:
        """Whether *data*, which follows a whole request, is exactly one head as said above."""
        if not data.startswith(_GET) or data.find(_END) != len(data) - len(_END):
            return False
        parser = self._parser
        if parser is None:
            parser = self._parser = HttpRequestParser(self)
        self.target = b""
        self.headers = []
        self._ended = 0
        try:
            parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self._parser = None
            return False
        target = self.target
        if (
            self._ended != 1
            or self._body
            or not self._keep
            or parser.get_http_version() != "1.1"
            or not target.isascii()
            or b"#" in target
        ):
            self._parser = None
            self._body = False
            return False
        return True

    def on_url(self, url: bytes) -> None:
        """The request target, or a piece of it."""
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header line."""
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:  # noqa: ARG002 - the parser's signature
        """There is a body."""
        self._body = True

    def on_message_complete(self) -> None:
        """A request ended (the parser knows only now whether another may follow)."""
        self._ended += 1
        self._keep = self._parser.should_keep_alive()  # type: ignore[union-attr]  # it is what calls
