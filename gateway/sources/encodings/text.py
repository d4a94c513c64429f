"""The text of a body: which characters its bytes are, by the charset that came with it."""

from __future__ import annotations

from typing import Final

from gateway.outcome import Cause, Failure

_CODECS: Final = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
"""By the charset's name, in lower case; others are ``unreadable``. The -sig forms drop a byte order mark."""


def media_type_of(content_type: bytes | None) -> str:
    """The media type alone, in lower case; empty if nothing says it."""
    return "" if content_type is None else content_type.split(b";")[0].strip().decode("latin-1").lower()


def text_of(body: bytes, content_type: bytes | None) -> str | Failure:
    """*body* as text; UTF-8 where *content_type* names no charset."""
    charset = "utf-8"
    for parameter in (content_type or b"").split(b";")[1:]:
        name, _, value = parameter.partition(b"=")
        if name.strip().lower() == b"charset":
            charset = value.strip(b" \t\"'").decode("latin-1").lower()
    codec = _CODECS.get(charset)
    if codec is None:
        return Failure(Cause.UNREADABLE, "a charset that is not known here")
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        return Failure(Cause.UNREADABLE, f"not {charset}: {error.reason} at byte {error.start}")
