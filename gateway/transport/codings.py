"""Content codings: which ones can be decoded here, and a body decoded with a bound on what comes out.

Rules of the file:
1. Never more than the bound and a piece is decoded, however much a body claims or would become.
2. A body that ends early, or goes on after its end, is unreadable; nothing is guessed.
3. Work is bounded too: a body has a few members (gzip) or frames (zstd) at most, and a few codings.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final

from gateway.outcome import Cause, Failure
from gateway.telemetry.log import note


def _installed(name: str) -> Any:
    """The library of that name; ``None`` without the extra ``compression``."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


brotli = _installed("brotli")
zstandard = _installed("zstandard")

MAX_CODINGS: Final = 3
"""Codings of one body, one around the other."""

MAX_MEMBERS: Final = 32
"""Members or frames of one body, one after the other."""

_PIECE: Final = 64 * 1024  # decoded at once
_SLICE: Final = 16 * 1024  # fed at once, so that what is left over after a member is not copied often
_ZSTD_SLICE: Final = 256  # zstandard cannot bound its output: 4 bytes may become 128 KiB, so this 8 MiB
_ZSTD_WINDOW: Final = 8 * 2**20  # RFC 9659: more must not be sent over HTTP

Pieces = Iterator[bytes]


class CodingError(Exception):
    """A body is not what its content-encoding says."""


def decoded(body: bytes, encoding: bytes, limit: int) -> bytes | Failure:
    """*body* without the codings in *encoding*, the value of content-encoding; at most *limit* bytes.

    ``unreadable`` for an unknown coding and a damaged body, ``too_large`` where more comes out.
    """
    listed = encoding.lower().translate(None, b" \t").split(b",")
    names = [name for name in listed if name not in {b"", b"identity"}]
    if len(names) > MAX_CODINGS:
        return Failure(Cause.UNREADABLE, f"{len(names)} content codings")
    for name in reversed(names):
        decode = _DECODERS.get(name)
        if decode is None:
            named = note(name.decode("latin-1"))
            return Failure(Cause.UNREADABLE, f"content-encoding '{named}' was not asked for")
        try:
            whole = _within(decode(body), limit)
        except _ERRORS as error:
            return Failure(Cause.UNREADABLE, f"not {name.decode()}: {error}")
        if whole is None:
            return Failure(Cause.TOO_LARGE, f"an answer of more than {limit} bytes when decoded")
        body = whole
    return body


def _within(pieces: Pieces, limit: int) -> bytes | None:
    whole: list[bytes] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            return None
        whole.append(piece)
    return b"".join(whole)


def _gzip(body: bytes) -> Pieces:
    return _members(body, lambda data, start: _inflate(data, start, 31))


def _deflate(body: bytes) -> Pieces:
    """RFC 9110 means the zlib format (RFC 1950); some servers send the bare stream (RFC 1951)."""
    is_zlib = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    end = yield from _inflate(body, 0, 15 if is_zlib else -15)
    if end != len(body):
        raise CodingError("something follows it")


def _inflate(body: bytes, start: int, wbits: int) -> _Member:
    decoder = zlib.decompressobj(wbits)
    while not decoder.eof:
        data = decoder.unconsumed_tail
        if not data:
            data = body[start : start + _SLICE]
            start += len(data)
        piece = decoder.decompress(data, _PIECE)
        if piece:
            yield piece
        elif not data:
            raise CodingError("it ends early")
    return start - len(decoder.unused_data)


def _brotli(body: bytes) -> Pieces:
    decoder = brotli.Decompressor()
    start = 0
    while not decoder.is_finished():
        data = body[start : start + _SLICE] if decoder.can_accept_more_data() else b""
        start += len(data)
        piece = decoder.process(data, output_buffer_limit=_PIECE)
        if piece:
            yield piece
        elif not data and decoder.can_accept_more_data() and not decoder.is_finished():
            raise CodingError("it ends early")
    if start < len(body):
        raise CodingError("something follows it")


def _zstd(body: bytes) -> Pieces:
    return _members(body, _zstd_frame)


def _zstd_frame(body: bytes, start: int) -> _Member:
    decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
    while not decoder.eof:
        data = body[start : start + _ZSTD_SLICE]
        if not data:
            raise CodingError("it ends early")
        start += len(data)
        piece = decoder.decompress(data)
        if piece:
            yield piece
    return start - len(decoder.unused_data)


_Member = Generator[bytes, None, int]
"""The pieces of one member; it returns where the next one would begin."""


def _members(body: bytes, member: Callable[[bytes, int], _Member]) -> Pieces:
    """One after the other until the body ends."""
    start = 0
    for _ in range(MAX_MEMBERS):
        start = yield from member(body, start)
        if start == len(body):
            return
    raise CodingError(f"more than {MAX_MEMBERS} parts")


_DECODERS: Final[dict[bytes, Callable[[bytes], Pieces]]] = {
    b"gzip": _gzip,
    b"x-gzip": _gzip,
    b"deflate": _deflate,
}
_errors: list[type[Exception]] = [CodingError, zlib.error]
if brotli is not None:
    _DECODERS[b"br"] = _brotli
    _errors.append(brotli.error)
if zstandard is not None:
    _DECODERS[b"zstd"] = _zstd
    _errors.append(zstandard.ZstdError)
_ERRORS: Final = tuple(_errors)

ACCEPTED: Final = b", ".join(name for name in _DECODERS if name != b"x-gzip")
"""The value of accept-encoding."""
