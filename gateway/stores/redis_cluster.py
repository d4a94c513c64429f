"""A cluster of Redis servers: which of them keeps a key, and what happens when that changes.

Rules of the file:
1. The map of slots is the servers' own (``CLUSTER SLOTS``); it is asked for at the start, from time to time,
   and when something speaks against it: a redirection, a server that is gone, a cluster that is down.
2. A redirected question is sent again, to where it was redirected: it was not executed. Not more than
   ``HOPS`` times.
3. Nobody waits for the map: a question goes where the last known one says.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import AskError, ClusterDownError, MovedError

from gateway.stores.redis_address import Node
from gateway.stores.redis_dial import Dialer
from gateway.stores.redis_question import Asked, Command, Question, Trouble, UnansweredError
from gateway.stores.redis_server import RedisState, Server, state_of
from gateway.stores.redis_settings import RedisSettings
from gateway.telemetry import events
from gateway.telemetry.log import Log, place_of

_log = Log("gateway.stores.redis")

HOPS: Final = 5
"""Redirections of one question. redis-py follows 16; a small timeout leaves no time for more than these."""

LOOKS: Final = 2.0
"""Times of connecting that start-up waits for the map; nodes that hang must not hold it up."""

LOOK_EVERY: Final = 30.0
"""Seconds between two looks at the map that nothing gave reason for."""

LOOK_AGAIN: Final = 0.1
"""Seconds between two looks that something gave reason for."""


class ClusterClient:
    """See ``redis_client.RedisClient``: each question goes to the master of its key's slot."""

    def __init__(self, settings: RedisSettings, random: Callable[[], float]) -> None:
        self._settings = settings
        self._random = random
        self._dialer = Dialer(settings)
        self._servers: dict[Node, Server] = {}
        self._slots: list[Node | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        self._doubt = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Future[Any]] = set()
        self._note = "not opened"

    def put(self, question: Question) -> None:
        """See ``RedisClient``."""
        server = self._server_of(question.key)
        if server is None:
            question.failed(Trouble.UNSENT, self._note)
        else:
            server.put(question)

    def begin(self, question: Question) -> bool:
        """See ``RedisClient``."""
        server = self._server_of(question.key)
        return server is not None and server.begin(question)

    def ready(self, key: bytes | None) -> bool:
        """See ``RedisClient``."""
        server = self._server_of(key)
        return server is not None and server.up

    async def open(self) -> None:
        """See ``RedisClient``."""
        self._note = "no node of the cluster has told its slots"
        self._doubt = asyncio.Event()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOKS * self._settings.connect_timeout):
                await self._look()
        await asyncio.gather(*self._under_way)
        self._task = asyncio.get_running_loop().create_task(
            self._keep_looking(), name="redis cluster", context=contextvars.Context()
        )

    async def close(self) -> None:
        """See ``RedisClient``."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        servers, self._servers = self._servers, {}
        self._slots = [None] * REDIS_CLUSTER_HASH_SLOTS
        self._note = "closed"
        for server in servers.values():
            await server.close()
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._dialer.close()

    def state(self) -> RedisState:
        """See ``RedisClient``."""
        return state_of(list(self._servers.values()))

    # ── where questions go ──────────────────────────────────────────────────────────────────────────────

    def _server_of(self, key: bytes | None) -> Server | None:
        if key is not None:
            node = self._slots[key_slot(key)]
            return self._server_at(node) if node is not None else None
        return next((server for server in self._servers.values() if server.up), None)

    def _server_at(self, node: Node) -> Server:
        server = self._servers.get(node)
        if server is None:
            server = self._servers[node] = Server(
                partial(self._dialer.connection, node),
                self._settings,
                self._random,
                partial(self._answered, node),
                self._doubt.set,
            )
            self._begun(server.start())
        return server

    def _begun(self, work: asyncio.Future[Any]) -> None:
        """Keep *work*, the opening or the closing of a server, until it is done."""
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)

    def _answered(self, node: Node, question: Question, answers: list[Any]) -> None:
        for answer in answers:
            if isinstance(answer, AskError):  # MovedError is one, too
                self._redirect(node, question, answer, answers)
                return
            if isinstance(answer, ClusterDownError):
                self._doubt.set()
        question.answered(answers)

    def _redirect(self, node: Node, question: Question, error: AskError, answers: list[Any]) -> None:
        moved = isinstance(error, MovedError)
        target = (error.host or node[0], error.port)  # no host: the one that was asked
        if moved:
            self._slots[error.slot_id] = target
            self._doubt.set()
        again = question if isinstance(question, _Redirected) else _Redirected(question)
        again.hops += 1
        again.asking = not moved
        if again.hops > HOPS or self._task is None:
            question.answered(answers)
        else:
            self._server_at(target).put(again)

    # ── the map ─────────────────────────────────────────────────────────────────────────────────────────

    async def _keep_looking(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await self._doubt.wait()
            except TimeoutError:
                pass
            self._doubt.clear()
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - a bug must cost this look, not all later ones
                _log(events.BUG_IN_STORE, error=error, part=f"Redis cluster's map at {place_of(error)}")
            await asyncio.sleep(LOOK_AGAIN)

    async def _look(self) -> None:
        """Ask those that are known, those that are up first, then those of the URL, for the map."""
        known = sorted(self._servers, key=lambda node: not self._servers[node].up)
        for node in [*known, *(node for node in self._settings.target.nodes if node not in self._servers)]:
            question = Asked([("CLUSTER", "SLOTS")], None)
            server = self._server_at(node)
            try:
                async with asyncio.timeout(self._settings.connect_timeout):
                    server.put(question)
                    answer = (await question.future)[0]
            except (UnansweredError, TimeoutError):
                self._note = next((link.note for link in server.links if link.note), self._note)
                continue
            if isinstance(answer, list) and self._take(node[0], answer):
                return

    def _take(self, asked: str, ranges: list[Any]) -> bool:
        """Take over the map in the form of ``CLUSTER SLOTS``; whether there is anything in it."""
        slots: list[Node | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        for start, end, master, *_ in ranges:
            host = master[0].decode() if isinstance(master[0], bytes) else ""
            node = (host or asked, master[1])
            slots[start : end + 1] = [node] * (end + 1 - start)
        masters = {node for node in slots if node is not None}
        if not masters:
            return False
        self._slots = slots
        self._note = "no node of the cluster serves this key"
        for node in masters:
            self._server_at(node)
        for node in [node for node in self._servers if node not in masters]:
            self._begun(asyncio.get_running_loop().create_task(self._servers.pop(node).close()))
        return True


class _Redirected:
    """A question on its way to another server; ``asking`` where the key is about to move there."""

    __slots__ = ("asking", "hops", "question")

    def __init__(self, question: Question) -> None:
        self.question = question
        self.hops = 0
        self.asking = False

    @property
    def commands(self) -> Sequence[Command]:
        """See ``Question``."""
        commands = self.question.commands
        return [("ASKING",), *commands] if self.asking else commands

    @property
    def key(self) -> bytes | None:
        """See ``Question``."""
        return self.question.key

    @property
    def as_one(self) -> bool:
        """See ``Question``."""
        return self.question.as_one

    def wanted(self) -> bool:
        """See ``Question``."""
        return self.question.wanted()

    def sending(self) -> None:
        """See ``Question``."""
        self.question.sending()

    def answered(self, answers: list[Any]) -> None:
        """See ``Question``."""
        self.question.answered(answers[1:] if self.asking else answers)

    def failed(self, trouble: Trouble, note: str) -> None:
        """See ``Question``."""
        self.question.failed(trouble, note)
