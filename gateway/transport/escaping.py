"""Which text may stand in which place of an outgoing request, and how it is written there.

Rules of the file (docs/contract.md section 3):
1. A value is text of one place: it never adds or removes a path segment, a query parameter or a header line.
2. What cannot be written safely is refused, not repaired. A slash in a segment could be encoded, but many
   servers decode before they route; so it is refused as well.
3. Nobody here knows where a value came from; the callers turn a refusal into a 400 or a skipped step.
"""

from __future__ import annotations

import re
from typing import Final

DOTS: Final = frozenset({".", ".."})
"""Segments that servers and clients remove from a path."""

_UNRESERVED: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_ENCODED: Final = [chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in range(256)]

_plain = re.compile(r"[A-Za-z0-9._~-]*\Z").match
_unsafe_in_segment = re.compile(r"[/\\\x00-\x1f\x7f-\x9f]").search
_unsafe_in_header = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]").search
_token = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z").match


def encoded(text: str) -> str:
    """*text* with everything but RFC 3986's unreserved characters as ``%XX`` of its UTF-8 bytes."""
    return text if _plain(text) else "".join([_ENCODED[byte] for byte in text.encode()])


def encoded_path(text: str) -> str:
    """The same for several segments: the slashes between them stay."""
    return text if _plain(text) else "/".join([encoded(segment) for segment in text.split("/")])


def segment_fault(text: str) -> str | None:
    """Why *text* must not be (part of) one path segment; ``None`` if it may."""
    if not text:
        return "is empty"
    unsafe = _unsafe_in_segment(text)
    if unsafe is None:
        return None
    return {"/": "holds a slash", "\\": "holds a backslash"}.get(unsafe.group(), "holds a control character")


def path_fault(text: str) -> str | None:
    """Why *text* must not be the end of a path, its slashes kept; ``None`` if it may."""
    for segment in text.split("/"):
        if not segment:
            return "has an empty segment"
        if segment in DOTS:
            return "has a segment of dots"
        fault = segment_fault(segment)
        if fault is not None:
            return fault
    return None


def header_fault(text: str) -> str | None:
    """Why *text* must not be a header value; ``None`` if it may.

    Refused are control characters other than tab (with CR, LF and NUL first among them) and characters
    beyond Latin-1: header values are octets, and what came in as octets goes out as the same ones.
    """
    unsafe = _unsafe_in_header(text)
    if unsafe is None:
        return None
    if unsafe.group() > "\xff":
        return "holds a character that no header can carry"
    return "holds a control character"


def is_token(name: str) -> bool:
    """Whether *name* is a valid header name (RFC 9110 section 5.6.2)."""
    return _token(name) is not None
