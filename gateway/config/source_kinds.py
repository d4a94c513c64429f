"""THE table of what a step can read from: the keys that make an upstream, or a step, of one kind or another.

A further kind is one entry here, one in compiler/kinds/table.py, and what they name
(docs/decisions/0020-kinds-of-sources.md lists all the edits).
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass
from typing import Final

from gateway.config.functions import FunctionCall
from gateway.config.inline import FileCall, ValueCall
from gateway.config.lambdas import LambdaCall
from gateway.config.objects import S3Call
from gateway.config.redis import TIMEOUT as REDIS_TIMEOUT
from gateway.config.redis import RedisCall
from gateway.config.specs import fields_of
from gateway.config.sql import SqlCall

VERBS = ("get", "head", "options", "post", "put", "patch", "delete")
CONTENT_KEYS = ("query", "headers", "json", "form", "body")
TARGET_KEYS = ("upstream", "method", "path")
COLD_STARTS = ("cold_timeout", "cold_after", "prewarm")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """One kind of source, as configurations know it.

    ``made_by`` are the keys of an upstream that make it one. They can stand in a step as well if it is
    ``inline``, and only there if there are no ``upstreams`` of this kind. ``brief`` is the key, within what
    is ``made_by`` it, that a plain text stands for. ``settings`` are those of an upstream that mean something
    to this kind, but not to every one.
    ``calls`` are the keys of a step that calls one, ``needs`` those of which one must be there, and
    ``example`` says how they are written. ``timeout`` is an upstream's where nothing is written anywhere.
    ``connects_apart``: connecting is no call's business, and has a time of its own.
    """

    name: str
    made_by: tuple[str, ...]
    calls: frozenset[str]
    example: str
    needs: tuple[str, ...] = ()
    settings: frozenset[str] = frozenset()
    brief: str = ""
    timeout: str = ""
    inline: bool = False
    upstreams: bool = True
    connects: bool = True
    connects_apart: bool = False

    @property
    def said(self) -> str:
        """``an http upstream``."""
        return f"{'an' if self.name[0] in 'aeioh' or self.name == 's3' else 'a'} {self.name} upstream"


def keys_of_call(call: type) -> frozenset[str]:
    """The keys that *call*, the part of a step that is of one kind, says."""
    return frozenset(fields_of(call))


HTTP: Final = SourceKind(
    name="http",
    made_by=("url", "urls"),
    settings=frozenset(
        (
            *("transport", "http2", "proxy", "tls", "unix_socket", "compression", "propagate", "balance"),
            *("auth", *COLD_STARTS),
        )
    ),
    calls=frozenset((*VERBS, "method", "path", *CONTENT_KEYS, "nothing_on", "decode")),
    example="get: upstream/path",
)

SOURCE_KINDS: Final = (
    HTTP,
    SourceKind(
        name="lambda",
        made_by=("lambda",),
        brief="function",
        settings=frozenset(("tls", *COLD_STARTS)),
        calls=keys_of_call(LambdaCall),
        example='upstream: score, payload: { user_id: "{user_id}" }',
    ),
    SourceKind(
        name="mysql",
        made_by=("mysql",),
        brief="dsn",
        settings=frozenset(("tls",)),
        calls=keys_of_call(SqlCall),
        needs=("sql",),
        example='upstream: shop, sql: "select … where id = {user_id}"',
    ),
    SourceKind(
        name="postgres",
        made_by=("postgres",),
        brief="dsn",
        settings=frozenset(("tls",)),
        calls=keys_of_call(SqlCall),
        needs=("sql",),
        example='upstream: accounts, sql: "select … where id = {user_id}"',
    ),
    SourceKind(
        name="redis",
        made_by=("redis",),
        brief="url",
        settings=frozenset(("tls",)),
        calls=keys_of_call(RedisCall) | {"write"},
        needs=("redis",),
        example='upstream: sessions, redis: [GET, "session:{cookie.sid}"]',
        timeout=REDIS_TIMEOUT,
        connects_apart=True,
    ),
    SourceKind(
        name="s3",
        made_by=("s3",),
        brief="bucket",
        settings=frozenset(("tls",)),
        calls=keys_of_call(S3Call),
        needs=("object",),
        example='upstream: files, object: "avatars/{user_id}.json"',
    ),
    SourceKind(
        name="value",
        made_by=("value",),
        calls=keys_of_call(ValueCall),
        example="value: { any: JSON }",
        inline=True,
        upstreams=False,
    ),
    SourceKind(
        name="file",
        made_by=("file",),
        calls=keys_of_call(FileCall),
        example="file: path/to/file.json",
        inline=True,
        upstreams=False,
    ),
    SourceKind(
        name="python",
        made_by=("python",),
        connects=False,
        calls=keys_of_call(FunctionCall) | {"nothing_on"},
        example="with: { any: JSON }",
        inline=True,
    ),
    SourceKind(
        name="source",
        made_by=("source",),
        connects=False,
        calls=frozenset(("with", "nothing_on")),
        example="with: { any: JSON }",
        brief="name",
    ),
)

UPSTREAM_KINDS: Final = tuple(kind for kind in SOURCE_KINDS if kind.upstreams)
INLINE_KINDS: Final = tuple(kind for kind in SOURCE_KINDS if not kind.upstreams)
"""Those of steps that need no upstream."""

FORMS: Final = {key: kind for kind in SOURCE_KINDS if kind.inline for key in kind.made_by}
"""The keys by which a step is a source itself."""

CALL_KEYS: Final = sorted({key for kind in SOURCE_KINDS for key in kind.calls} - HTTP.calls)
"""Keys of a step that mean something to other kinds only."""


def attribute(key: str) -> str:
    """The attribute of a spec that holds *key*: Python's own words have an underscore behind them."""
    return f"{key}_" if keyword.iskeyword(key) else key
