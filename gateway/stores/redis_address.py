"""What the URL of a Redis says: one server, a sentinel's service or a cluster, and how to log in.

    redis://user:password@host:6379/0      one server
    unix:///path?db=0                      the same over a socket
    redis+sentinel://host,host2/service/0  the master that these sentinels name
    redis+cluster://host,host2             the cluster that these nodes belong to

``rediss`` in place of ``redis`` is TLS. Options of redis-py may follow as a query (``?ssl_ca_certs=…``);
``sentinel_username`` and ``sentinel_password`` are for the sentinels themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

PORT: Final = 6379
SENTINEL_PORT: Final = 26379

SCHEMES: Final = (
    "redis",
    "rediss",
    "unix",
    "redis+sentinel",
    "rediss+sentinel",
    "redis+cluster",
    "rediss+cluster",
)

Node = tuple[str, int]
"""Host and port."""


class Kind(StrEnum):
    """How many servers stand behind a URL, and who knows which."""

    SINGLE = "single"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


class AddressError(ValueError):
    """No URL of a Redis. ``hint`` may say what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


_NO_URL: Final = AddressError(
    "{it} is not the URL of a redis", "write redis://host:6379/0, or rediss:// for TLS"
)


@dataclass(frozen=True, slots=True, repr=False)
class RedisAddress:
    """``url`` is the URL of one server with the log-in and options of all; ``nodes`` are those that are asked
    first: the server, the sentinels, or some of the cluster. ``shown`` holds no secret.
    """

    kind: Kind
    url: str
    nodes: tuple[Node, ...]
    shown: str
    service: str = ""
    sentinel_username: str | None = None
    sentinel_password: str | None = None

    @property
    def tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.url.startswith("rediss:")

    def __repr__(self) -> str:
        return f"<RedisAddress {self.shown}>"


def parse_address(url: str) -> RedisAddress:
    """What *url* says. Raises ``AddressError``."""
    parts = _split(url)
    scheme, _, kind = parts.scheme.partition("+")
    if scheme == "unix":
        return _socket(url, parts.path)
    login, at, hosts = parts.netloc.rpartition("@")
    try:
        nodes = tuple(_node(host, SENTINEL_PORT if kind == "sentinel" else PORT) for host in hosts.split(","))
    except ValueError:
        raise _NO_URL from None
    if not kind and len(nodes) > 1:
        raise AddressError(
            "one server has one address", f"write {scheme}+cluster:// or {scheme}+sentinel:// for several"
        )
    service, db = _path(parts.path, kind)
    query = dict(parse_qsl(parts.query))
    sentinel = query.pop("sentinel_username", None), query.pop("sentinel_password", None)
    options = f"?{urlencode(query)}" if query else ""
    host, port = nodes[0]
    first = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return RedisAddress(
        Kind(kind or "single"),
        f"{scheme}://{login}{at}{first}{db}{options}",
        nodes,
        f"{parts.scheme}://{hosts}{parts.path}",
        service,
        *sentinel,
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _NO_URL from None
    if not url.isprintable() or parts.scheme not in SCHEMES:
        raise _NO_URL
    return parts


def _socket(url: str, path: str) -> RedisAddress:
    if not path.startswith("/") or path == "/":
        raise AddressError("the path of the socket is missing", "write unix:///run/redis.sock?db=0")
    return RedisAddress(Kind.SINGLE, url, (), f"unix://{path}")


def _node(text: str, default: int) -> Node:
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.port == 0:
        raise ValueError
    return unquote(parts.hostname), parts.port or default


def _path(path: str, kind: str) -> tuple[str, str]:
    """The name of a sentinel's service, and the database as the end of a URL."""
    pieces = path.removeprefix("/").split("/") if path.strip("/") else []
    service = ""
    if kind == "sentinel":
        if not pieces or not pieces[0]:
            raise AddressError("the name of the service is missing", "write redis+sentinel://host/mymaster/0")
        service = unquote(pieces.pop(0))
    if kind == "cluster" and pieces not in ([], ["0"]):
        raise AddressError("a cluster has only the database 0", "leave the path out")
    if len(pieces) > 1 or (pieces and not pieces[0].isdecimal()):
        raise AddressError("the database of {it} is not a number", "write redis://host:6379/0")
    return service, f"/{pieces[0]}" if pieces else ""
