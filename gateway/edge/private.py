"""What of a request nobody is to read in a log: for lines about a bug, whose text may hold anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from gateway.telemetry.redaction import is_sensitive


def private_values(scope: Mapping[str, Any], path: Mapping[str, str]) -> list[str]:
    """The values of an ASGI *scope*'s query, cookies and sensitive headers, and of its *path* parameters."""
    query = scope["query_string"].decode("latin-1")
    values = [query, *path.values()]
    values += [value for _, value in parse_qsl(query, keep_blank_values=True)]
    values += [pair.partition("=")[2] for pair in query.split("&")]
    for name, value in scope["headers"]:
        if is_sensitive(name.decode("latin-1")):
            text = value.decode("latin-1")
            values += [text, text.partition(" ")[2]]
            values += [pair.partition("=")[2].strip() for pair in text.split(";")]
    return values
