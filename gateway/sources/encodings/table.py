"""THE table of what bodies can be besides JSON: how each becomes JSON, and how ``auto`` knows it.

Rules of the file:
1. What is malformed, too deep, or in a charset that is not known is ``unreadable``, like JSON that is none.
2. What would become much larger as JSON than it came is ``too_large``: rows of a table repeat its names.
3. No text of a body stands in a failure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from gateway.outcome import Cause, Failure
from gateway.sources.bodies import checked, too_deep
from gateway.sources.encodings.csv import decode_csv
from gateway.sources.encodings.form import decode_form
from gateway.sources.encodings.text import media_type_of, text_of
from gateway.sources.encodings.xml import decode_xml
from gateway.sources.encodings.yaml import decode_yaml

Decode = Callable[[bytes, bytes | None], bytes | Failure]
"""From a body and its content-type to checked JSON."""

GROWTH: Final = 32
SMALL: Final = 64 * 1024
"""A body may become so many times as large as it came, and anything up to so many bytes."""

_encode: Final = msgspec.json.Encoder().encode


def _json(body: bytes, content_type: bytes | None) -> bytes | Failure:
    del content_type
    return checked(body)


def _lines(body: bytes, content_type: bytes | None) -> bytes | Failure:
    """Lines of JSON as an array."""
    del content_type
    documents = []
    for line in body.split(b"\n"):
        if line.strip():
            document = checked(line)
            if isinstance(document, Failure):
                return document
            documents.append(document)
    return b"[" + b",".join(documents) + b"]"


def _encoded(decode: Callable[[bytes, bytes | None], Any]) -> Decode:
    """*decode*, whose values are Python's, with its result as JSON."""

    def decoded(body: bytes, content_type: bytes | None) -> bytes | Failure:
        value = decode(body, content_type)
        if isinstance(value, Failure):
            return value
        document = _encode(value)
        if len(document) > SMALL and len(document) > GROWTH * len(body):
            return Failure(Cause.TOO_LARGE, f"{len(document)} bytes as JSON")
        if too_deep(document):
            return Failure(Cause.UNREADABLE, "nested too deep")
        return document

    return decoded


DECODERS: Final[dict[str, Decode]] = {
    "json": _json,
    "ndjson": _lines,
    "xml": _encoded(decode_xml),
    "yaml": _encoded(decode_yaml),
    "csv": _encoded(decode_csv),
    "form": _encoded(decode_form),
    "text": _encoded(text_of),
}

_BY_TYPE: Final = {
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "text/x-yaml": "yaml",
    "text/csv": "csv",
    "application/x-www-form-urlencoded": "form",
    "text/plain": "text",
}
_SUFFIXES: Final = {"xml": "xml", "yaml": "yaml", "csv": "csv"}


def _auto(body: bytes, content_type: bytes | None) -> bytes | Failure:
    """By its content-type; JSON where that says nothing that is known here."""
    media_type = media_type_of(content_type)
    name = _BY_TYPE.get(media_type) or _SUFFIXES.get(media_type.rpartition("+")[2], "json")
    return DECODERS[name](body, content_type)


DECODERS["auto"] = _auto
