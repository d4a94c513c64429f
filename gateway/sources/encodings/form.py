"""``application/x-www-form-urlencoded`` as a JSON object; a name given several times is an array."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

from gateway.outcome import Cause, Failure
from gateway.sources.encodings.text import text_of

MOST: Final = 10_000
"""Pairs of one body."""


def decode_form(body: bytes, content_type: bytes | None) -> Any:
    """The value of *body*, or the ``Failure`` that it is."""
    text = text_of(body, content_type)
    if isinstance(text, Failure):
        return text
    try:
        pairs = parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=MOST, errors="strict")
    except ValueError:  # also what is not UTF-8
        return Failure(Cause.UNREADABLE, f"no form, or one of more than {MOST} pairs")
    members: dict[str, Any] = {}
    for name, value in pairs:
        there = members.get(name)
        if there is None:
            members[name] = value
        elif isinstance(there, list):
            there.append(value)
        else:
            members[name] = [there, value]
    return members
