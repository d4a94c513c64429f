"""The one form of a request target in which every verifier of a signature reads the same.

A signature covers a canonical form that each side makes by itself: botocore takes the target as it is
written, others decode and encode it again. Where the two would disagree (``+``, ``:``, ``%e4``, ``a//b``) the
target is rewritten before it is signed *and* sent: everything but RFC 3986's unreserved characters is
``%XX`` with capitals, each parameter has one ``=``, and the path has neither empty segments nor dots.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

_UNRESERVED: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_WRITTEN: Final = [bytes((byte,)) if byte in _UNRESERVED else b"%%%02X" % byte for byte in range(256)]

# Most targets: nothing encoded, no segment that begins with a dot or is empty, pairs with one `=`.
_is_plain = re.compile(
    rb"/(?:[\w~-][\w.~-]*(?:/[\w~-][\w.~-]*)*/?)?"
    rb"(?:\?[\w.~-]+=[\w.~-]*(?:&[\w.~-]+=[\w.~-]*)*)?\Z",
    re.ASCII,
).match


def wire_form(target: bytes, *, collapse: bool = True) -> bytes:
    """*target* (path and query, escaped in whatever way) in the form described above.

    ``collapse=False`` leaves empty segments and dots alone: to S3 they are part of an object's name. A ``+``
    is a plus, as everywhere in this gateway, and never a blank.
    """
    if _is_plain(target):
        return target
    path, _, query = target.partition(b"?")
    path = b"/".join([_again(segment) for segment in path.split(b"/")]) or b"/"
    if collapse:
        path = _collapsed(path)
    if not query:
        return path
    pairs = [_pair(pair) for pair in query.split(b"&") if pair]
    return path + b"?" + b"&".join(pairs) if pairs else path


def canonical_query(query: bytes) -> bytes:
    """The pairs of *query*, which is in wire form, in the order in which they are signed."""
    if b"&" not in query:
        return query
    # By name, then by value; as the text stands, `a-b=` would come before `a=`.
    return b"&".join(sorted(query.replace(b"=", b"\0").split(b"&"))).replace(b"\0", b"=")


def _again(text: bytes) -> bytes:
    """*text* decoded, and encoded as it ought to be."""
    return b"".join([_WRITTEN[byte] for byte in unquote_to_bytes(text)])


def _pair(text: bytes) -> bytes:
    name, _, value = text.partition(b"=")
    return b"%b=%b" % (_again(name), _again(value))


def _collapsed(path: bytes) -> bytes:
    """*path* without empty segments and dots (RFC 3986 section 5.2.4), as signers of most services see it."""
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    return b"/" + b"/".join(kept) + (b"/" if kept and path.endswith(b"/") else b"")
