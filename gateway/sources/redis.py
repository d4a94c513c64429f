"""Redis upstreams: one command per call, answered over connections that all calls share.

What the server says ends here. What each word of it becomes is ``CAUSES``, which docs/sources/redis.md tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from gateway.buffered import Buffered
from gateway.call import Call, Source, Waiter
from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.sources.redis_answers import Encode, UnreadableError
from gateway.stores.redis_client import RedisClient
from gateway.stores.redis_parser import AnswerTooLargeError
from gateway.stores.redis_question import Command, Trouble
from gateway.stores.redis_words import code_of
from gateway.transport.exchange import PoolState

CAUSES: Final = {
    # The server is well, and will not do this: the command does not fit what is under the key, or its user.
    "WRONGTYPE": Cause.REJECTED,
    "ERR": Cause.REJECTED,
    "NOSCRIPT": Cause.REJECTED,
    "NOPERM": Cause.REJECTED,
    "CROSSSLOT": Cause.REJECTED,
    "EXECABORT": Cause.REJECTED,
    # It is not well, or not itself. (What is not in this table is FAILED, too.)
    "LOADING": Cause.FAILED,
    "BUSY": Cause.FAILED,
    "OOM": Cause.FAILED,
    "MISCONF": Cause.FAILED,
    "READONLY": Cause.FAILED,
    "MASTERDOWN": Cause.FAILED,
    "NOREPLICAS": Cause.FAILED,
    "UNKILLABLE": Cause.FAILED,
    # The cluster is about to change, or redirected the question in circles.
    "CLUSTERDOWN": Cause.FAILED,
    "TRYAGAIN": Cause.FAILED,
    "MOVED": Cause.FAILED,
    "ASK": Cause.FAILED,
    # The log-in does not hold any more.
    "NOAUTH": Cause.FAILED,
    "WRONGPASS": Cause.FAILED,
}
"""The first word of an error that the server names → the cause."""

TROUBLES: Final = {
    Trouble.UNSENT: Cause.UNREACHABLE,
    Trouble.LOST: Cause.INCOMPLETE,
    Trouble.CLOSED: Cause.INCOMPLETE,
    Trouble.FULL: Cause.BULKHEAD_FULL,
}
"""Why there was no answer at all → the cause."""


class RedisRequest:
    """A rendered command: its name and *arguments*, each one argument whatever bytes it has.

    ``key`` is where a cluster keeps what is asked for, ``encode`` makes JSON of the answer.
    """

    __slots__ = ("arguments", "encode", "key", "name")

    def __init__(self, name: str, arguments: Sequence[bytes], key: bytes | None, encode: Encode) -> None:
        self.name = name
        self.arguments = arguments
        self.key = key
        self.encode = encode

    @property
    def operation(self) -> str:
        """What a recording calls it."""
        return self.name

    def __repr__(self) -> str:
        return f"<RedisRequest {self.name}, {len(self.arguments)} arguments>"


class RedisUpstream:
    """The client of one upstream, as every client of one is looked at."""

    def __init__(self, client: RedisClient) -> None:
        self.client = client
        self.open = client.open
        self.close = client.close

    def state(self) -> PoolState:
        """The connections as a pool. Calls share them: ``in_use`` are those with questions on them, and
        ``reused`` counts nothing.
        """
        now = self.client.state()
        return PoolState(
            limit=now.of,
            open=now.up,
            idle=now.up - now.busy,
            in_use=now.busy,
            waiting=now.waiting,
            created=now.made,
            reused=0,
            lost=now.lost,
        )

    def details(self) -> dict[str, Any]:
        """What operators see beside the pool: questions without an answer, and why a connection is down."""
        now = self.client.state()
        return {"redis": {"connections": now.up, "of": now.of, "asked": now.asked, "trouble": now.trouble}}


class _Question:
    """A call's command; ``waiter`` gets the answer, or the failure."""

    __slots__ = ("call", "commands", "key", "waiter")

    def __init__(self, call: Call, waiter: Waiter) -> None:
        request: RedisRequest = call.payload
        self.call = call
        self.commands: tuple[Command] = ((request.name, *request.arguments),)
        self.key = request.key
        self.waiter = waiter

    @property
    def as_one(self) -> bool:
        return False

    def wanted(self) -> bool:
        return not self.waiter.done()

    def sending(self) -> None:
        self.call.sent = True

    def answered(self, answers: list[Any]) -> None:
        if not self.waiter.done():
            self.waiter.set_result(answers[0])

    def failed(self, trouble: Trouble, note: str) -> None:
        if not self.waiter.done():
            self.waiter.set_result(Failure(TROUBLES[trouble], note))


def redis_source(client: RedisClient, buffered: Buffered) -> Source:
    """A source whose payloads are ``RedisRequest``. The bytes of answers are counted in *buffered*."""

    async def redis(call: Call) -> Outcome:
        if call.ended is not None:
            return call.ended
        if buffered.full:
            return Failure(Cause.BULKHEAD_FULL, "max_buffered")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        client.put(_Question(call, future))
        return _outcome(await call.wait(future), call, buffered)

    return redis


class RedisWire:
    """The same source in two halves, for attempts that are begun and ended without a coroutine.

    See ``plan.direct.Wire``. What has to wait for a connection takes the plain form.
    """

    __slots__ = ("_begin", "_buffered")

    def __init__(self, client: RedisClient, buffered: Buffered) -> None:
        self._begin = client.begin
        self._buffered = buffered

    def begin(self, call: Call, now: float, waiter: Waiter) -> bool | None:  # noqa: ARG002 - as all wires
        """Have the call sent; ``None``, and nothing done, if that would have to wait."""
        if self._buffered.full or not self._begin(_Question(call, waiter)):
            return None
        call.waiter = waiter
        return True

    def end(self, held: bool, result: Any, call: Call) -> Outcome | None:  # noqa: ARG002, FBT001 - holds nothing
        """What the waiter's *result* means."""
        return _outcome(result, call, self._buffered)

    async def anew(self, call: Call) -> Outcome:
        """Never asked for: nothing that was sent is sent again."""
        raise NotImplementedError


def _outcome(answer: Any, call: Call, buffered: Buffered) -> Outcome:
    """What an answer, an error that the server names, or a failure is for its call."""
    if isinstance(answer, Failure):
        return answer
    if isinstance(answer, Exception):
        return classified(answer)
    request: RedisRequest = call.payload
    try:
        body = request.encode(answer, request.arguments)
    except UnreadableError as error:
        return Failure(Cause.UNREADABLE, str(error))
    if not buffered.take(len(body)):
        return Failure(Cause.BULKHEAD_FULL, "max_buffered")
    call.held += len(body)
    return Success(body)


def classified(error: Exception) -> Failure:
    """The failure that an error is which the server named."""
    if isinstance(error, AnswerTooLargeError):
        return Failure(Cause.TOO_LARGE, str(error))
    code = code_of(error)
    return Failure(CAUSES.get(code, Cause.FAILED), f"Redis said {code}")
