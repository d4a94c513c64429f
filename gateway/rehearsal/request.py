"""One request as people write it on a command line: ``GET /user/42?full=1``, headers and a body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_AS_IT_IS: Final = "%/:@!$&'()*+,;=~-._?"
"""Characters of a target that are sent as they are written; ``%`` begins an escape."""


@dataclass(frozen=True, slots=True)
class Request:
    """``target`` is path and query as they go over the wire."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path as it goes over the wire."""
        return self.target.partition("?")[0]

    def scope(self) -> dict[str, Any]:
        """The request as a server tells it to an ASGI application."""
        names = {name for name, _ in self.headers}
        headers = [*self.headers, *([] if "host" in names else [("host", "localhost")])]
        if self.body:
            headers += [] if "content-type" in names else [("content-type", "application/json")]
            headers.append(("content-length", str(len(self.body))))
        path, _, query = self.target.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("latin-1"),
            "root_path": "",
            "query_string": query.encode("latin-1"),
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            "client": ("127.0.0.1", 0),
            "server": ("localhost", 80),
        }


def parse_request(text: str, headers: tuple[str, ...] = (), body: bytes = b"") -> Request:
    """The request in *text*: a method and a target, or a target alone (GET, with a *body* POST).

    *headers* are lines such as ``Authorization: Bearer x``. Raises ``ValueError``, for people.
    """
    target = text.strip()
    method = "POST" if body else "GET"
    if not target.startswith("/"):
        word, _, target = target.partition(" ")
        method, target = word.upper(), target.strip()
    if method not in METHODS or not target.startswith("/"):
        raise ValueError(f"`{text}` is no request; write GET /path?query")
    target = quote(target.partition("#")[0], safe=_AS_IT_IS)
    return Request(method, target, tuple(map(_header, headers)), body)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip() or not line.isprintable() or not line.isascii():
        raise ValueError(f"`{line}` is no header; write name: value")
    return name.strip().lower(), value.strip()
