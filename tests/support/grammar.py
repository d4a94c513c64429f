"""Answers from a grammar of HTTP/1.1: well-formed ones with what they say, and damaged ones.

``well_formed`` draws a whole answer and what a reader must make of it; ``damaged`` spoils one the way that
broken and hostile servers do: in bytes, in lines, in framing, in order.
"""

from dataclasses import dataclass, field
from random import Random

NAMES = [b"content-type", b"ETag", b"X-Request-ID", b"cache-control", b"Set-Cookie", b"x", b"Link", b"Vary"]
VALUES = [
    b"a",
    b"",
    b"text/html; charset=utf-8",
    b'"abc"',
    b"max-age=0",
    b"a=b; Path=/",
    b"\xe4\xff",
    b"a\tb",
]
STATUSES = (
    b"200 OK|200 |200|201 Created|206 Part|301 Moved|404 Not Found|418 I'm a teapot|500 Oh|503 \xe4|599 x"
)
BODILESS = b"204 No Content|304 Same"
LINES = [
    *(b"transfer-encoding: " + coding for coding in (b"chunked", b"gzip, chunked", b"chunked, gzip", b"")),
    *(b"content-length: " + length for length in (b"0", b"3", b"-1", b"+3", b"9" * 20, b"2, 2", b"0x2", b"")),
    *(b"connection: " + option for option in (b"close", b"keep-alive", b"upgrade\r\nupgrade: x")),
    *(b" folded", b"no colon", b": no name", b"na me: x", b"x:\0", b"trailer: x"),
    *(b"x" * 5000 + b": y", b"x: " + b"y" * 70_000),
]
PARTS = [
    *(b"\r\n", b"\r", b"\n", b"\0", b"\xff", b"0", b";", b":", b" ", b"\t"),
    *(b"0\r\n\r\n", b"f" * 16 + b"\r\n", b"GET / HTTP/1.1\r\n\r\n", b"HTTP/2.0 200 OK\r\n\r\n"),
    *(b"HTTP/1.1 100 C\r\n\r\n", b"HTTP/1.1 101 S\r\n\r\n"),
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
]


@dataclass
class Drawn:
    """An answer as it goes over the wire, and what it says. ``closes``: the server hangs up after it."""

    data: bytes
    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    closes: bool = False


def well_formed(r: Random) -> Drawn:
    """Any answer that RFC 9112 allows and that the gateway understands."""
    status_line = r.choice((STATUSES + b"|" + BODILESS).split(b"|"))
    status = int(status_line[:3])
    bodiless = status in {204, 304}
    framing = r.choice(["none"] if bodiless else ["length", "length", "chunked", "chunked", "close", "1.0"])
    body = (
        b""
        if bodiless
        else r.choice([b"", b"{}", b"[1,2]\n", b"\r\n", r.randbytes(r.randrange(3000)), b"y" * 70_000])
    )
    headers = [(r.choice(NAMES), r.choice(VALUES)) for _ in range(r.randrange(6))]
    closes = framing in {"close", "1.0"} or r.random() < 0.1
    own = {"length": [(cased(r, b"Content-Length"), b"%d" % len(body))],
           "chunked": [(cased(r, b"Transfer-Encoding"), cased(r, b"chunked"))]}.get(framing, [])  # fmt: skip
    if closes and framing not in {"close", "1.0"}:
        own.append((cased(r, b"Connection"), b"close"))
    headers[r.randrange(len(headers) + 1) : 0] = own
    version = b"HTTP/1.0 " if framing == "1.0" else b"HTTP/1.1 "
    # No tab behind what frames a body: llhttp does not understand it, and then it is refused.
    fields = [
        name + b":" + space(r) + value + (b"" if (name, value) in own else space(r))
        for name, value in headers
    ]
    lines = [version + status_line, *fields]
    interim = b"".join(b"HTTP/1.1 103 Early\r\nlink: <x>\r\n\r\n" for _ in range(r.choice([0, 0, 0, 1, 3])))
    payload = chunked(r, body) if framing == "chunked" else body
    data = interim + b"\r\n".join(lines) + b"\r\n\r\n" + payload
    return Drawn(data, status, body, headers, closes)


def cased(r: Random, text: bytes) -> bytes:
    return r.choice([text, text.lower(), text.upper()])


def space(r: Random) -> bytes:
    return r.choice([b"", b" ", b" ", b" ", b"\t", b"  "])


def chunked(r: Random, body: bytes) -> bytes:
    """*body* in chunks of any size, with extensions and trailers."""
    pieces = []
    while body:
        size = min(len(body), r.choice([1, 2, 17, 1000, 100_000]) if len(body) < 5000 else 10_000)
        digits = b"%x" % size if r.random() < 0.7 else b"0%X" % size
        extension = r.choice([b"", b"", b"", b";a", b";a=b", b';a="b c"'])
        pieces.append(digits + extension + b"\r\n" + body[:size] + b"\r\n")
        body = body[size:]
    trailers = r.choice([b"", b"", b"x-sum: 1\r\n", b"x: y\r\nz:\r\n"])
    return b"".join(pieces) + r.choice([b"0", b"000"]) + b"\r\n" + trailers + b"\r\n"


def damaged(r: Random) -> bytes:
    """A well-formed answer, spoiled in one to four ways."""
    data = well_formed(r).data
    for _ in range(r.randrange(1, 5)):
        data = r.choice(DAMAGES)(r, data)
    return data


def _flip(r: Random, data: bytes) -> bytes:
    where = r.randrange(len(data) + 1)
    return data[:where] + r.randbytes(1) + data[where + 1 :]


def _insert(r: Random, data: bytes) -> bytes:
    where = r.randrange(len(data) + 1)
    return data[:where] + r.choice(PARTS) + data[where:]


def _remove(r: Random, data: bytes) -> bytes:
    where = r.randrange(len(data) + 1)
    return data[:where] + data[where + r.choice([1, 2, 5, 50]) :]


def _repeat(r: Random, data: bytes) -> bytes:
    where, size = r.randrange(len(data) + 1), r.choice([1, 4, 40, 400])
    return data[: where + size] + data[where:]


def _add_line(r: Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    lines.insert(r.randrange(1, min(len(lines), 8) + 1), r.choice(LINES))
    return b"\r\n".join(lines)


def _swap_lines(r: Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    one, two = r.randrange(len(lines)), r.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\r\n".join(lines)


def _follow(r: Random, data: bytes) -> bytes:
    return data + well_formed(r).data


def _cut(r: Random, data: bytes) -> bytes:
    return data[: r.randrange(len(data) + 1)]


DAMAGES = [_flip, _flip, _insert, _insert, _remove, _repeat, _add_line, _add_line, _swap_lines, _follow, _cut]


def in_pieces(r: Random, data: bytes) -> list[bytes]:
    """*data* as the network may deliver it."""
    if r.random() < 0.4 or not data:
        return [data]
    cuts = sorted({r.randrange(len(data)) for _ in range(r.choice([1, 1, 2, 5]))} - {0})
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
