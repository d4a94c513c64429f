"""One connection to Redis, owned by one task: it asks, reads every answer, and connects again by itself.

Rules of the file:
1. A connection is used again only if every answer to its last question was read. Whatever else happens, a
   cancellation included, drops it: no answer can ever be taken for the next question's.
2. Connecting is no caller's business: it has its own time, far longer than a question's.
3. No message holds an address, a user or a password: only the kind of an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError, ResponseError

from gateway.stores.redis_settings import RedisSettings
from gateway.telemetry import events
from gateway.telemetry.log import Log

_log = Log("gateway.stores.redis")

TROUBLE: Final = (RedisError, OSError, TimeoutError)
"""What a server or a network does to a question. All else is a bug of ours."""

FIRST_PAUSE: Final = 0.05
"""Seconds between a lost connection and the second attempt to connect; doubled up to ``LONGEST_PAUSE``."""

LONGEST_PAUSE: Final = 2.0
"""A server that is back is found within this many seconds, and half of it more."""

Command = tuple[Any, ...]
"""A command's name and arguments: text, bytes or numbers."""


class Link:
    """A connection that ``ask`` and ``connect`` may use one at a time. *random* gives numbers in [0, 1).

    *changed* is told whenever the link comes up (``True``) or goes down (``False``).
    """

    def __init__(
        self,
        settings: RedisSettings,
        random: Callable[[], float],
        changed: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self.up = False
        self.reconnects = 0
        self._told = False
        self._settings = settings
        self._random = random
        self._changed = changed
        # Plain RESP2: without the client's own retries, probes and notices there is one question in flight,
        # and all of its time is ours to bound.
        self._connection = ConnectionPool.from_url(
            settings.url,
            protocol=2,
            driver_info=None,
            socket_timeout=None,
            socket_connect_timeout=settings.connect_timeout,
        ).make_connection()  # type: ignore[no-untyped-call]

    async def connect(self) -> None:
        """Come back with the connection up, however long that takes."""
        pause = FIRST_PAUSE
        while not await self.try_to_connect():
            await asyncio.sleep(pause * (0.5 + self._random()))
            pause = min(pause * 2.0, LONGEST_PAUSE)

    async def try_to_connect(self) -> bool:
        """One attempt; whether the connection is up."""
        try:
            async with asyncio.timeout(self._settings.connect_timeout):
                await self._connection.connect()
                # A server that is full accepts connections all the same and answers nothing.
                await self._connection.send_command("PING")
                await self._connection.read_response()
        except TROUBLE as error:
            if not self._told:  # once per outage
                self._told = True
                _log(events.REDIS_UNREACHABLE, kind=type(error).__name__)
            await self._drop()
            return False
        except BaseException:
            await self._drop()
            raise
        if self._told:
            self._told = False
            _log(events.REDIS_CONNECTED)
        self._set(up=True)
        return True

    async def ask(self, commands: Sequence[Command]) -> list[Any]:
        """The answers to *commands*, sent together; an error that the server names is an answer, too.

        Raises one of ``TROUBLE`` if not all answers came; the connection is dropped then.
        """
        connection = self._connection
        try:
            async with asyncio.timeout(self._settings.give_up):
                packed = connection.pack_commands(commands)
                await connection.send_packed_command(packed, check_health=False)
                return [await self._answer() for _ in commands]
        except BaseException:
            await self._drop()
            raise

    async def ask_as_one(self, commands: Sequence[Command]) -> list[Any]:
        """As ``ask``, with nobody else's commands in between; ``[]`` if the server would not run them."""
        answers = await self.ask([("MULTI",), *commands, ("EXEC",)])
        return answers[-1] if isinstance(answers[-1], list) else []

    async def close(self) -> None:
        """Drop the connection; ``connect`` may bring it up again."""
        await self._drop()

    async def _answer(self) -> Any:
        try:
            return await self._connection.read_response()
        except ResponseError as error:
            return error

    async def _drop(self) -> None:
        self._set(up=False)
        await self._connection.disconnect(nowait=True)

    def _set(self, *, up: bool) -> None:
        if up is not self.up:
            self.up = up
            self.reconnects += up
            self._changed(up)

    def __repr__(self) -> str:
        return f"<Link to {self._settings.address}, {'up' if self.up else 'down'}>"
