"""Cutting template text at characters that stand outside of braces.

``{…}`` with its quoted parts, ``${…}``, ``{{`` and ``}}`` are never looked into, so a ``?`` or ``&`` inside
a reference's default stays where it is. What the braces mean is the compiler's business.
"""

from __future__ import annotations

import re

_PIECE = re.compile(r"\$\{[^}]*\}|\{\{|\}\}|\{(?:'[^']*'|[^'}])*\}|.", re.DOTALL)
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def cut(text: str, separator: str, most: int = -1) -> list[str]:
    """*text* split at every *separator* (one character) outside of braces, at most *most* times."""
    parts: list[str] = []
    start = 0
    for match in _PIECE.finditer(text):
        if match.group() == separator and most != 0:
            parts.append(text[start : match.start()])
            start = match.end()
            most -= 1
    parts.append(text[start:])
    return parts


def outside(text: str) -> str:
    """What stands outside of braces."""
    return "".join(match.group() for match in _PIECE.finditer(text) if len(match.group()) == 1)


def percent_decoded(text: str) -> str:
    """*text* with %-escapes outside of braces decoded; braces that come out are doubled.

    Raises `UnicodeDecodeError` if they are not UTF-8.
    """
    pieces: list[str] = []
    run = ""
    for match in _PIECE.finditer(text):
        if len(match.group()) == 1:
            run += match.group()
        else:
            pieces += (_PERCENT.sub(_decoded, run), match.group())
            run = ""
    return "".join(pieces) + _PERCENT.sub(_decoded, run)


def _decoded(match: re.Match[str]) -> str:
    decoded = bytes.fromhex(match.group().replace("%", "")).decode()
    return decoded.replace("{", "{{").replace("}", "}}")
