"""What llhttp lets pass and we do not: answers whose length two readers could see differently.

llhttp 9 in its strict mode refuses conflicting or repeated content-length, content-length together
with transfer-encoding, folded lines, bare CR or LF, white space before a colon, and broken chunks.
It takes any transfer coding, other protocols' names, and line ends between two answers; this file
closes those gaps. A reader that guesses here can be made to take one answer for another.
"""

from __future__ import annotations

from typing import Final

Headers = list[tuple[bytes, bytes]]

MAX_HEADERS: Final = 100
"""Headers of one answer; more are ``unreadable``."""

MAX_HEAD: Final = 64 * 1024
"""Bytes of one answer's header names and values; more are ``unreadable``."""

_END: Final = b"\r\n\r\n"


def fault_in_coding(headers: Headers, version: str) -> str | None:
    """Why the transfer-encoding is not the one we understand (``chunked``, once, HTTP/1.1)."""
    codings = [value for name, value in headers if name.lower() == b"transfer-encoding"]
    if not codings:
        return None
    # Spaces only: a tab after the word stops llhttp from seeing that the body is chunked.
    if len(codings) > 1 or codings[0].strip(b" ").lower() != b"chunked":
        return "transfer-encoding other than chunked"
    if version != "1.1":
        return f"transfer-encoding in HTTP/{version}"
    return None


def is_chunked(headers: Headers) -> bool:
    """There is a transfer-encoding (and ``fault_in_coding`` found nothing wrong with it)."""
    return any(name.lower() == b"transfer-encoding" for name, _ in headers)


def fault_in_size(headers: Headers) -> str | None:
    """Why the head is too large."""
    if len(headers) > MAX_HEADERS:
        return f"more than {MAX_HEADERS} headers"
    if sum(len(name) + len(value) for name, value in headers) > MAX_HEAD:
        return f"headers of more than {MAX_HEAD // 1024} KiB"
    return None


def too_much(data: bytes, end: int) -> bool:
    """The same of the head that *data* begins with, which a parser has accepted and which ends at *end*."""
    return end > MAX_HEAD or data.count(b"\r\n", 0, end) > MAX_HEADERS


def announced_length(headers: Headers) -> int | None:
    """The content-length, which the parser has checked; ``None`` without one."""
    for name, value in headers:
        if name.lower() == b"content-length":
            return int(value)
    return None


def ends_with_body(data: bytes, body: bytes, *, chunked: bool) -> bool:
    """No line ends follow the answer that ended in *data*, the last piece read.

    The parser skips CR and LF between answers, so they have to be looked for here; anything else
    that follows, it reports. Called only if *data* ends with CR or LF. May say ``False`` of a clean
    end that was split in an unusual place; that costs one connection.
    """
    if chunked or not body:
        return data.endswith(_END) and not data.endswith(b"\r\n" + _END)
    # Where `data` is a piece followed by line ends, it can only end as the body does if the whole
    # piece is line ends; hence the `strip`.
    tail = body[-len(data) :]
    return bool(tail.strip(b"\r\n")) and data.endswith(tail)
