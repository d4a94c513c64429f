"""THE table of Redis commands that a step may ask: they never wait, and leave the connection as it is.

One row per command: how it is written, how its answer becomes JSON (``redis_answers``), and whether it
writes; then a step must say so, too. The contract test of this file asks a real server whether all that is
right. A command that is no row is a config fault with the reason: what it would do to the data, or to all who
share the connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.sources.redis_answers import Shape


@dataclass(frozen=True, slots=True)
class RedisCommand:
    """One command. ``usage`` are its arguments in Redis' own notation, ``least`` and ``most`` their number.

    ``option`` is an argument that turns ``shape`` into ``with_option``.
    """

    name: str
    usage: str
    shape: Shape
    option: str = ""
    with_option: Shape | None = None
    writes: bool = False

    @property
    def least(self) -> int:
        """Arguments that must be there."""
        return len(self.usage.partition("[")[0].split())

    @property
    def most(self) -> int | None:
        """Arguments that may be there; ``None``: any number."""
        return None if "[" in self.usage else self.least

    def shape_of(self, arguments: Sequence[bytes | None]) -> Shape:
        """How its answer becomes JSON; ``None`` is an argument that is known only when it is asked."""
        if self.with_option is None:
            return self.shape
        given = any(
            argument is not None and argument.upper() == self.option.encode() for argument in arguments
        )
        return self.with_option if given else self.shape

    def key_of(self, arguments: Sequence[bytes]) -> bytes | None:
        """The key by which a cluster finds the server; ``None`` without keys."""
        words = self.usage.split()
        if "numkeys" not in words:
            return arguments[0]
        at = words.index("numkeys")
        return (
            arguments[at + 1]
            if arguments[at].strip() not in {b"0", b""} and len(arguments) > at + 1
            else None
        )


def _rows(
    shape: Shape, text: str, option: str = "", with_option: Shape | None = None, *, writes: bool = False
) -> list[RedisCommand]:
    lines = [line.strip().partition(" ") for line in text.strip().splitlines()]
    return [RedisCommand(name, usage, shape, option, with_option, writes) for name, _, usage in lines]


_TABLE: Final = (
    *_rows(
        Shape.ANY,
        """
        GET key
        MGET key [key ...]
        GETRANGE key start end
        SUBSTR key start end
        STRLEN key
        EXISTS key [key ...]
        GETBIT key offset
        BITCOUNT key [start end unit]
        BITPOS key bit [start end unit]
        BITFIELD_RO key [GET encoding offset ...]
        HGET key field
        HKEYS key
        HVALS key
        HLEN key
        HEXISTS key field
        HSTRLEN key field
        LRANGE key start stop
        LINDEX key index
        LLEN key
        LPOS key element [RANK n COUNT n MAXLEN n]
        SMEMBERS key
        SISMEMBER key member
        SMISMEMBER key member [member ...]
        SCARD key
        SRANDMEMBER key [count]
        SINTER key [key ...]
        SUNION key [key ...]
        SDIFF key [key ...]
        SINTERCARD numkeys key [key ... LIMIT n]
        ZCARD key
        ZCOUNT key min max
        ZLEXCOUNT key min max
        ZRANGEBYLEX key min max [LIMIT offset count]
        ZREVRANGEBYLEX key max min [LIMIT offset count]
        ZINTERCARD numkeys key [key ... LIMIT n]
        XLEN key
        GEOHASH key [member ...]
        SORT_RO key [BY pattern LIMIT offset count GET pattern ASC ALPHA]
        EVAL_RO script numkeys [key ... arg ...]
        EVALSHA_RO sha1 numkeys [key ... arg ...]
        FCALL_RO function numkeys [key ... arg ...]
        JSON.TYPE key [path]
        JSON.STRLEN key [path]
        JSON.ARRLEN key [path]
        JSON.OBJLEN key [path]
        JSON.OBJKEYS key [path]
        """,
    ),
    *_rows(Shape.OBJECT, "HGETALL key"),
    *_rows(Shape.FIELDS, "HMGET key field [field ...]"),
    *_rows(Shape.ANY, "HRANDFIELD key [count WITHVALUES]", "WITHVALUES", Shape.OBJECT),
    *_rows(
        Shape.ANY,
        """
        ZRANGE key start stop [BYSCORE BYLEX REV LIMIT offset count WITHSCORES]
        ZREVRANGE key start stop [WITHSCORES]
        ZRANGEBYSCORE key min max [WITHSCORES LIMIT offset count]
        ZREVRANGEBYSCORE key max min [WITHSCORES LIMIT offset count]
        ZRANDMEMBER key [count WITHSCORES]
        ZINTER numkeys key [key ... WEIGHTS AGGREGATE WITHSCORES]
        ZUNION numkeys key [key ... WEIGHTS AGGREGATE WITHSCORES]
        ZDIFF numkeys key [key ... WITHSCORES]
        """,
        "WITHSCORES",
        Shape.SCORED,
    ),
    *_rows(
        Shape.NUMBER,
        """
        ZSCORE key member
        ZMSCORE key member [member ...]
        ZRANK key member [WITHSCORE]
        ZREVRANK key member [WITHSCORE]
        GEODIST key member1 member2 [unit]
        GEOPOS key [member ...]
        """,
    ),
    *_rows(Shape.ANY, "GEOSEARCH key FROMMEMBER member BYRADIUS radius unit [COUNT n WITHDIST ...]"),
    *_rows(Shape.ENTRIES, "XRANGE key start end [COUNT n]\nXREVRANGE key end start [COUNT n]"),
    *_rows(Shape.LEFT, "TTL key\nPTTL key\nEXPIRETIME key\nPEXPIRETIME key"),
    *_rows(Shape.TYPE, "TYPE key"),
    *_rows(Shape.JSON, "JSON.GET key [path ...]\nJSON.MGET key [key ... path]"),
    *_rows(
        Shape.ANY,
        """
        SET key value [EX seconds NX GET ...]
        SETEX key seconds value
        PSETEX key milliseconds value
        SETNX key value
        GETSET key value
        GETDEL key
        GETEX key [EX seconds PERSIST ...]
        APPEND key value
        INCR key
        INCRBY key increment
        DECR key
        DECRBY key decrement
        DEL key [key ...]
        UNLINK key [key ...]
        EXPIRE key seconds [NX XX GT LT]
        PEXPIRE key milliseconds [NX XX GT LT]
        EXPIREAT key timestamp [NX XX GT LT]
        PERSIST key
        HSET key field value [field value ...]
        HSETNX key field value
        HDEL key field [field ...]
        HINCRBY key field increment
        LPUSH key element [element ...]
        RPUSH key element [element ...]
        LPOP key [count]
        RPOP key [count]
        LREM key count element
        LTRIM key start stop
        LSET key index element
        SADD key member [member ...]
        SREM key member [member ...]
        SPOP key [count]
        ZADD key score member [NX XX GT LT CH INCR ...]
        ZREM key member [member ...]
        ZREMRANGEBYRANK key start stop
        ZREMRANGEBYSCORE key min max
        XADD key id field value [field value ...]
        XDEL key id [id ...]
        XTRIM key MAXLEN threshold [...]
        GEOADD key longitude latitude member [...]
        PFADD key [element ...]
        PUBLISH channel message
        EVAL script numkeys [key ... arg ...]
        EVALSHA sha1 numkeys [key ... arg ...]
        FCALL function numkeys [key ... arg ...]
        JSON.SET key path value [NX XX]
        JSON.DEL key [path]
        """,
        writes=True,
    ),
    *_rows(
        Shape.NUMBER,
        """
        INCRBYFLOAT key increment
        HINCRBYFLOAT key field increment
        ZINCRBY key increment member
        """,
        writes=True,
    ),
)

COMMANDS: Final = {command.name: command for command in _TABLE}

_CHANGES: Final = "changes data in a way that no step may"
_WAITS: Final = "waits in the server, and with it all who share its connection"
_CONNECTION: Final = "changes the connection, which all calls share"
_WALKS: Final = "walks over the whole database, and nobody else is served meanwhile"
_OPERATES: Final = "is for those who run the server"

_REASONS: Final = {
    _CHANGES: """
        SETRANGE MSET MSETNX MSETEX SETBIT BITOP BITFIELD DELEX DELIFEQ RENAME RENAMENX COPY MOVE PEXPIREAT
        TOUCH RESTORE SORT HMSET HEXPIRE HPEXPIRE HEXPIREAT HPEXPIREAT HPERSIST HGETDEL HGETEX
        HSETEX LPUSHX RPUSHX LMPOP LINSERT LMOVE RPOPLPUSH SMOVE SINTERSTORE SUNIONSTORE SDIFFSTORE
        ZREMRANGEBYLEX ZPOPMIN ZPOPMAX ZMPOP ZRANGESTORE ZINTERSTORE ZUNIONSTORE ZDIFFSTORE XSETID
        XGROUP XREADGROUP XACK XCLAIM XAUTOCLAIM GEORADIUS GEORADIUSBYMEMBER GEOSEARCHSTORE PFMERGE
        PFCOUNT SPUBLISH FLUSHALL FLUSHDB SWAPDB JSON.MSET JSON.MERGE JSON.FORGET JSON.CLEAR
        JSON.TOGGLE JSON.NUMINCRBY JSON.STRAPPEND JSON.ARRAPPEND JSON.ARRINSERT JSON.ARRPOP
        JSON.ARRTRIM""",
    _WAITS: "BLPOP BRPOP BLMOVE BLMPOP BRPOPLPUSH BZPOPMIN BZPOPMAX BZMPOP XREAD WAIT WAITAOF",
    _CONNECTION: """
        AUTH HELLO SELECT RESET QUIT MULTI EXEC DISCARD WATCH UNWATCH SUBSCRIBE UNSUBSCRIBE
        PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUNSUBSCRIBE MONITOR CLIENT READONLY READWRITE ASKING
        SYNC PSYNC REPLCONF""",
    _WALKS: "KEYS SCAN CLUSTERSCAN HSCAN SSCAN ZSCAN RANDOMKEY DBSIZE",
    _OPERATES: """
        ACL BGREWRITEAOF BGSAVE CLUSTER COMMAND CONFIG DEBUG DUMP FAILOVER FUNCTION INFO LASTSAVE
        LATENCY LOLWUT MEMORY MIGRATE MODULE OBJECT PING ECHO REPLICAOF ROLE SAVE SCRIPT PFDEBUG
        RESTORE-ASKING SHUTDOWN SLAVEOF SLOWLOG TIME PUBSUB XINFO XPENDING""",
}
_REFUSED: Final = {name: reason for reason, names in _REASONS.items() for name in names.split()}
_READ_ONLY: Final = {"EVAL": "EVAL_RO", "EVALSHA": "EVALSHA_RO", "FCALL": "FCALL_RO", "SORT": "SORT_RO"}


def refusal(name: str) -> tuple[str, str] | None:
    """Why *name*, in capitals, is never asked, and what may be instead; ``None``: it is not known."""
    if name not in _REFUSED:
        return None
    return f"`{name}` {_REFUSED[name]}", f"`{_READ_ONLY[name]}` only reads" if name in _READ_ONLY else ""


def undeclared(command: RedisCommand) -> tuple[str, str]:
    """What is wrong with a step that asks for *command*, which writes, without saying so, and the remedy."""
    instead = f", or {_READ_ONLY[command.name]}" if command.name in _READ_ONLY else ""
    return (
        f"`{command.name}` changes data, and steps only read unless they say so",
        f"say write: true{instead}",
    )
