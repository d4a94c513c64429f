"""A board of hints in Redis: one key for each topic, gone with the open time that it tells of.

Keys that are read again and again, and no publish/subscribe: a message that is lost is lost, while a key is
found by whoever was away, starts later, or was restarted. What that costs is one question per ``interval``
and process, and on average half of it until a hint is heard.

Rules of the file:
1. One task owns the connection. ``post`` only writes down what that task will send.
2. While Redis is away, nothing is heard, and what is to be posted shrinks with the time that passes.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.stores.hint import Hint, decode, encode
from gateway.stores.redis_client import ask, client_of
from gateway.stores.redis_question import Command, UnansweredError
from gateway.stores.redis_settings import RedisSettings
from gateway.telemetry import events
from gateway.telemetry.log import Log, place_of
from gateway.telemetry.repetition import Sparing

_log = Log("gateway.stores.redis")

INTERVAL: Final = 1.0
"""Seconds between two looks at the board, half of it more or less by chance."""


@dataclass(slots=True)
class HintCounts:
    """What the board did; every number only grows. ``senseless``: read, and no hint of this version."""

    posted: int = 0
    heard: int = 0
    senseless: int = 0
    lost: int = 0


class RedisHints:
    """A ``Board``. *clock* is monotonic, *random* gives numbers in [0, 1)."""

    def __init__(
        self,
        settings: RedisSettings,
        clock: Callable[[], float],
        random: Callable[[], float],
        interval: float = INTERVAL,
    ) -> None:
        self.counts = HintCounts()
        self._settings = settings
        self._prefix = f"{settings.namespace}:hint:"
        self._clock = clock
        self._random = random
        self._interval = interval
        self._client = client_of(replace(settings, links=1), random)
        self._topics: Sequence[str] = ()
        self._hear: Callable[[Hint], None] = lambda _: None
        self._posts: dict[str, tuple[Hint, float]] = {}  # by topic: the latest is as good as all
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._told = Sparing(_log)

    def post(self, hint: Hint) -> None:
        """Leave *hint* for the others, as soon as Redis can be reached; never waits."""
        self._posts[hint.topic] = (hint, self._clock())
        self._news.set()

    async def open(self, topics: Sequence[str], hear: Callable[[Hint], None]) -> None:
        """Tell *hear* what stands on the board about *topics*, now and from now on.

        What stands there already is heard before this returns, so that a restarted process knows it before
        it serves; if Redis cannot be reached within ``connect_timeout``, later. Never raises for Redis.
        """
        self._topics, self._hear = tuple(topics), hear
        await self._client.open()
        if self._client.ready(None):
            await self._try_to_exchange()
        self._task = asyncio.get_running_loop().create_task(
            self._work(), name="redis hints", context=contextvars.Context()
        )

    async def close(self) -> None:
        """Stop listening. What was posted stays on the board until its time is over."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        await self._client.close()
        self._told.flush()

    async def _work(self) -> None:
        while True:
            await self._until_news()
            if self._client.ready(None):
                await self._try_to_exchange()

    async def _until_news(self) -> None:
        timer = asyncio.get_running_loop().call_later(self._interval * (0.5 + self._random()), self._news.set)
        try:
            await self._news.wait()
        finally:
            timer.cancel()
        self._news.clear()

    async def _try_to_exchange(self) -> None:
        try:
            await self._exchange()
        except (UnansweredError, TimeoutError) as error:
            self.counts.lost += 1
            kind = str(error.args[1]) if isinstance(error, UnansweredError) else "no answer in time"
            self._told(kind, events.HINTS_LOST, kind=kind)
        except Exception as error:  # noqa: BLE001 - a bug must cost this look, not all later ones
            self._told(place_of(error), events.BUG_IN_STORE, error=error, part="board of hints")

    async def _exchange(self) -> None:
        """Send what is to be posted, and look at the board."""
        posts, self._posts = self._posts, {}
        now = self._clock()
        writes = [
            (hint.topic, command)
            for hint, since in posts.values()
            for command in self._posting(hint, now - since)
        ]
        try:
            await self._ask_all([(topic, [command]) for topic, command in writes])
            self.counts.posted += len(writes)
        except (UnansweredError, TimeoutError):
            self._posts = posts | self._posts  # what was posted meanwhile is newer
            raise
        asked = self._clock()
        answers = await self._ask_all([(topic, self._reading(topic)) for topic in self._topics])
        for topic, (data, left) in zip(self._topics, answers, strict=True):
            self._read(topic, data, left, asked)

    async def _ask_all(self, questions: Sequence[tuple[str, Sequence[Command]]]) -> list[list[Any]]:
        """The answers to commands about topics, which may lie on several servers, asked together."""
        if not questions:
            return []
        async with asyncio.timeout(self._settings.give_up):
            return await asyncio.gather(
                *(
                    ask(self._client, commands, self._name(topic), as_one=True)
                    for topic, commands in questions
                )
            )

    def _reading(self, topic: str) -> list[Command]:
        name = self._name(topic)
        return [("GET", name), ("PTTL", name)]

    def _name(self, topic: str) -> bytes:
        return (self._prefix + topic).encode()

    def _posting(self, hint: Hint, waited: float) -> list[Command]:
        left = int((hint.remaining - waited) * 1000.0)  # down: more than it opened for makes no sense
        if left <= 0:
            return []
        return [("SET", self._name(hint.topic), encode(hint), "PX", left)]

    def _read(self, topic: str, data: Any, left: Any, asked: float) -> None:
        if data is None:
            return
        hint = None
        if isinstance(data, bytes) and isinstance(left, int):
            # Redis may have looked at its clock as soon as it was asked. A hint that seems too old is only
            # outvoted too easily; one that seemed too young would be heeded against evidence of our own.
            hint = decode(topic, data, left / 1000.0 - (self._clock() - asked))
        if hint is None:
            self.counts.senseless += 1
        else:
            self.counts.heard += 1
            self._hear(hint)

    def __repr__(self) -> str:
        return f"<RedisHints at {self._settings.address} on {len(self._topics)} topics>"
