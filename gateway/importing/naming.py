"""Names for upstreams, steps and parameters out of what another system has: hosts, paths, groups."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final
from urllib.parse import urlsplit

from gateway.config.kinds import NAME_PATTERN
from gateway.config.route import RESERVED, ROOTS

TAKEN: Final = ROOTS | RESERVED
"""Names with a meaning of their own in references."""

_name = re.compile(NAME_PATTERN).fullmatch
_key = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|[0-9]+").fullmatch
_version = re.compile(r"v[0-9]+").fullmatch


def name_of(text: str, otherwise: str) -> str:
    """*text* as a name: other characters become ``_``; *otherwise* if nothing is left of it."""
    cleaned = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-")
    if cleaned and not cleaned[0].isalpha():
        cleaned = f"{otherwise}_{cleaned}"
    return cleaned if _name(cleaned) else otherwise


def unique(name: str, taken: Container[str]) -> str:
    """*name*, with a number behind it if it is *taken* or means something in references."""
    if name not in taken and name not in TAKEN:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def upstream_name(url: str) -> str:
    """What to call what is at *url*: the first label of its host, or its port if the host is an address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "upstream"
    labels = [label for label in host.split(".") if label not in {"www", "api"}]
    if re.fullmatch(r"[0-9.:]*|localhost", host):
        return f"local_{port}" if port else "local"
    return name_of(labels[0] if labels else host, "upstream")


def step_name(path: str, otherwise: str) -> str:
    """What to call a call of *path*: its last segment that is a plain word."""
    words = [piece for piece in path.partition("?")[0].split("/") if piece and "{" not in piece]
    words = [word for word in words if not _version(word)] or words
    return name_of(words[-1], otherwise) if words else otherwise


def is_sayable(name: str) -> bool:
    """Whether a parameter of this name can be passed on: braces in it would begin a reference."""
    return bool(name) and "{" not in name and "}" not in name


def reference(name: str, *keys: str, many: bool = False) -> str:
    """``{name.key}``, keys quoted where the grammar wants it (docs/contract.md section 4)."""
    written = "".join(f".{key}" if _key(key) else "['" + _quoted(key) + "']" for key in keys)
    return "{" + name + written + ("[]" if many else "") + "}"


def _quoted(text: str) -> str:
    return text.replace("'", "''").replace("{", "{{").replace("}", "}}")
