"""Reads path parameters, query, headers and cookies of a request into their slots.

The query is ``application/x-www-form-urlencoded``: split at ``&``, ``+`` is a blank, ``%XX`` is UTF-8; one
that is not well-formed in this sense is a fault, whichever parameter that touches. Header values are Latin-1,
so what came as octets can leave as the same octets; a header sent on several lines is one value, joined by
``", "``. Cookies are taken as sent, neither unquoted nor decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from gateway.edge.inputs import Violation, Wanted
from gateway.edge.values import PLAIN

Headers = Sequence[tuple[bytes, bytes]]
"""As in an ASGI scope: names in lower case."""

_malformed = re.compile(rb"%(?![0-9A-Fa-f]{2})").search
_BLANKS = " \t"


def path_part(
    wanted: Sequence[Wanted],
) -> Callable[[Mapping[str, str], list[Any], list[Violation]], None]:
    """Reads path parameters; the route table has decoded them, and made plain ones canonical."""
    plain = [(one.slot, str(one.input.keys[0])) for one in wanted if one.input.type in PLAIN]
    others = [(one.slot, str(one.input.keys[0]), one.check) for one in wanted if one.input.type not in PLAIN]

    def read(path: Mapping[str, str], values: list[Any], faults: list[Violation]) -> None:
        for slot, key in plain:
            values[slot] = path[key]
        for slot, key, check in others:
            value = check(path[key])
            if isinstance(value, Violation):
                faults.append(value)
            else:
                values[slot] = value

    return read


def query_part(wanted: Sequence[Wanted]) -> Callable[[bytes, list[Any], list[Violation]], None]:
    """Reads query parameters."""
    names = {str(one.input.keys[0]) for one in wanted}

    def read(query: bytes, values: list[Any], faults: list[Violation]) -> None:
        found = _parameters(query, names)
        if found is None:
            faults.append(Violation("query", "is not well-formed"))
            return
        for one in wanted:
            one.take(found.get(str(one.input.keys[0]), ()), values, faults)

    return read


def _parameters(query: bytes, names: set[str]) -> dict[str, list[str]] | None:
    """The values of the parameters in *names*; ``None`` if the query is malformed."""
    found: dict[str, list[str]] = {}
    if not query:
        return found
    if _malformed(query):
        return None
    try:
        for pair in query.replace(b"+", b" ").split(b"&"):
            if pair:
                name, _, value = pair.partition(b"=")
                key, text = _decoded(name), _decoded(value)
                if key in names:
                    found.setdefault(key, []).append(text)
    except UnicodeDecodeError:
        return None
    return found


def _decoded(text: bytes) -> str:
    return (unquote_to_bytes(text) if b"%" in text else text).decode()


def header_part(wanted: Sequence[Wanted]) -> Callable[[Headers, list[Any], list[Violation]], None]:
    """Reads headers."""
    names = {str(one.input.keys[0]).encode("latin-1") for one in wanted}
    of_name = [(str(one.input.keys[0]).encode("latin-1"), one) for one in wanted]

    def read(headers: Headers, values: list[Any], faults: list[Violation]) -> None:
        found: dict[bytes, list[str]] = {}
        for name, value in headers:
            if name in names:
                found.setdefault(name, []).append(value.decode("latin-1").strip(_BLANKS))
        for name, one in of_name:
            lines = found.get(name, [])
            if len(lines) > 1 and not one.input.many:
                lines = [", ".join(lines)]
            one.take(lines, values, faults)

    return read


def cookie_part(wanted: Sequence[Wanted]) -> Callable[[Headers, list[Any], list[Violation]], None]:
    """Reads cookies; of a name sent twice the first counts (user agents send the most specific first)."""

    def read(headers: Headers, values: list[Any], faults: list[Violation]) -> None:
        found: dict[str, list[str]] = {}
        for name, value in headers:
            if name == b"cookie":
                for pair in value.decode("latin-1").split(";"):
                    key, equals, text = pair.strip(_BLANKS).partition("=")
                    if equals:
                        found.setdefault(key.rstrip(_BLANKS), []).append(text.lstrip(_BLANKS))
        for one in wanted:
            sent = found.get(str(one.input.keys[0]), [])
            one.take(sent if one.input.many else sent[:1], values, faults)

    return read


def takes_json(headers: Headers) -> bool:
    """Whether the request declares an ``application/json`` body in UTF-8; if not it is a 415."""
    declared = [value for name, value in headers if name == b"content-type"]
    if len(declared) != 1:
        return False
    media_type, *parameters = declared[0].decode("latin-1").lower().split(";")
    if media_type.strip(_BLANKS) != "application/json":
        return False
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip(_BLANKS) == "charset" and value.strip(_BLANKS + '"') not in {"utf-8", "utf8"}:
            return False
    return True
