"""Reads a request's path: without the root path, split into segments, each decoded once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, unquote, unquote_to_bytes

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]").search
_BAD_ESCAPE: Final = re.compile(rb"%(?![0-9a-fA-F]{2})").search
_UNESCAPED: Final = "/!$&'()*+,;=:@~"
"""Besides letters, digits and ``-._``: what clients leave as it is in a path (RFC 3986, pchar)."""


def path_of(scope: Mapping[str, Any]) -> bytes:
    """The raw path of an ASGI request, without the root path of an application it is mounted in."""
    raw: bytes | None = scope.get("raw_path")
    if raw is None:  # a server that keeps only the decoded path
        raw = usual_spelling(scope["path"])
    root: str = scope.get("root_path", "").rstrip("/")
    if not root:
        return raw
    above = root.encode()
    if raw.startswith(above) and raw[len(above) : len(above) + 1] in {b"", b"/"}:
        return raw[len(above) :]
    # The client may have escaped more of the root than it had to: compare decoded segments.
    parts, pieces = above.split(b"/"), raw.split(b"/")
    if [unquote_to_bytes(piece) for piece in pieces[: len(parts)]] == parts:
        return b"/".join([b"", *pieces[len(parts) :]])
    return raw


def split_path(path: bytes) -> list[str] | str:
    """The decoded segments of *path*, none if it does not start with a slash; or what is wrong with it."""
    if path.isascii():
        text = path.decode()
        if "%" not in text and text.isprintable():
            segments = text.split("/")
            return [] if segments.pop(0) else segments
    if not path.startswith(b"/"):
        return []
    if _BAD_ESCAPE(path):
        return "holds a '%' that is not followed by two hex digits"
    try:
        segments = [unquote_to_bytes(piece).decode() for piece in path[1:].split(b"/")]
    except UnicodeDecodeError:
        return "is not UTF-8"
    if any(map(_CONTROL, segments)):
        return "holds a control character"
    return segments


def usual_spelling(path: str) -> bytes:
    """*path* escaped as most clients do it."""
    return quote(path, safe=_UNESCAPED).encode()


def decoded(raw: bytes) -> str:
    """*raw* as ASGI's ``path``: everything unescaped at once, which is for people only."""
    return unquote(raw.decode("ascii"))
