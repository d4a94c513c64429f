"""What of a request goes on to the upstream where answers are passed on, and what of an answer comes back.

Rules of the file (docs/contract.md section 3):
1. Of a request nothing is forwarded but what describes its own body and the answer it wants (``CONTENT``),
   and what the configuration names.
2. Of an answer everything comes back but what belongs to one connection (RFC 9110 section 7.6.1), what the
   gateway says itself, and what the configuration withholds.
3. A header that ``Connection`` names belongs to that connection, whoever else names it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote_plus

from gateway.edge.inputs import InputFault, Violation

Headers = Iterable[tuple[bytes, bytes]]

CONTENT: Final = frozenset(
    {
        *(b"accept", b"accept-encoding", b"accept-language", b"range", b"if-range"),
        *(b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"),
        *(b"content-type", b"content-encoding", b"content-language", b"content-disposition"),
        *(b"content-digest", b"content-range", b"repr-digest"),
    }
)
"""Forwarded without being named: they say nothing of who the client is."""

HOP_BY_HOP: Final = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization"),
        *(b"te", b"trailer", b"transfer-encoding", b"upgrade", b"expect", b"http2-settings"),
    }
)
"""They belong to one connection."""

_OWN: Final = frozenset({b"date", b"server", b"x-request-id"})
"""What the gateway or its server says of itself in every answer."""

_sendable = re.compile(rb"[!-\"$-~]*\Z").match
_unsafe = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search


class Forwarding:
    """What one route forwards. Names are in any case; *query* ``None``: all parameters.

    *set_headers* are those that the route's own templates write: the client's do not go beside them.
    ``withheld`` are headers of answers that do not come back.
    """

    def __init__(
        self,
        headers: Collection[str] = (),
        cookies: Collection[str] = (),
        query: Collection[str] | None = (),
        *,
        set_headers: Collection[str] = (),
        withheld: Collection[str] = (),
    ) -> None:
        own = {name.lower().encode() for name in set_headers}
        named = {name.lower().encode() for name in headers}
        self._headers = (CONTENT | named) - own
        self._cookies = frozenset(name.encode() for name in cookies)
        self._query = None if query is None else frozenset(query)
        self._withheld = HOP_BY_HOP | _OWN | {name.lower().encode() for name in withheld}

    def lines(self, headers: Headers) -> bytes:
        """The header lines that go on, of a request's *headers*."""
        names = self._headers
        found = [pair for pair in headers if pair[0] in names]
        for value in (value for name, value in headers if name == b"connection"):
            nominated = _listed(value)
            found = [pair for pair in found if pair[0] not in nominated]
        if self._cookies:
            found += self._kept_cookies(headers)
        lines = []
        for name, value in found:
            if _unsafe(value):
                raise InputFault([Violation(f"header.{name.decode('latin-1')}", "holds a control character")])
            lines.append(b"%b: %b\r\n" % (name, value))
        return b"".join(lines)

    def target(self, target: bytes, query: bytes) -> bytes:
        """*target* with those parameters of the client's *query* that go on."""
        if not query or (self._query is not None and not self._query):
            return target
        if not _sendable(query):
            raise InputFault([Violation("query", "is not well-formed")])
        if self._query is not None:
            pairs = [p for p in query.split(b"&") if _name(p) in self._query]
            query = b"&".join(pairs)
        if not query:
            return target
        return target + (b"&" if b"?" in target else b"?") + query

    def returned(
        self, headers: Headers, own: Mapping[bytes, bytes], *, without: Collection[bytes] = ()
    ) -> list[tuple[bytes, bytes]]:
        """The headers of an answer that come back: the upstream's, but for those that *own* replaces."""
        dropped = self._withheld
        nominated: set[bytes] = set()
        kept = []
        for name, value in headers:
            lower = name.lower()
            if lower == b"connection":
                nominated |= _listed(value)
            if lower not in dropped and lower not in own and lower not in without:
                kept.append((lower, value))
        if nominated:
            kept = [pair for pair in kept if pair[0] not in nominated]
        return [*kept, *own.items()]

    def _kept_cookies(self, headers: Headers) -> Iterator[tuple[bytes, bytes]]:
        """One header with the named cookies, if there are any."""
        pairs = [
            pair.strip(b" ") for name, value in headers if name == b"cookie" for pair in value.split(b";")
        ]
        kept = [pair for pair in pairs if pair.partition(b"=")[0] in self._cookies]
        if kept:
            yield b"cookie", b"; ".join(kept)


def _listed(value: bytes) -> set[bytes]:
    """The names in a ``Connection`` header."""
    return {name.strip(b" \t").lower() for name in value.split(b",")}


def _name(pair: bytes) -> str:
    return unquote_plus(pair.partition(b"=")[0].decode("ascii"), errors="replace")
