"""One connection to Redis, owned by one task: it sends what is put on it, reads every answer, and comes back.

Questions do not wait for each other: they are sent as they come, together with all that came since the last
turn, and answered in their order (one core: 51 µs a question by redis-py's own client, 8 to 26 µs by this).

Rules of the file:
1. Every answer is read, also if nobody wants it any more; whatever ends a connection early drops it. So no
   answer can ever be taken for another question's.
2. Connecting is no caller's business: it has its own time, far longer than a question's.
3. While a connection is idle its end is noticed at once, and so costs no question.
4. No message holds an address, a user or a password.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import InvalidResponse, RedisError, ResponseError

from gateway.stores.redis_address import Kind
from gateway.stores.redis_question import Question, Trouble, bundled
from gateway.stores.redis_settings import RedisSettings
from gateway.stores.redis_words import code_of, words_of
from gateway.telemetry import events
from gateway.telemetry.log import Log, place_of
from gateway.telemetry.repetition import Sparing

_log = Log("gateway.stores.redis")

TROUBLE: Final = (RedisError, OSError, TimeoutError)
"""What a server or a network does to a question. All else is a bug of ours."""

FIRST_PAUSE: Final = 0.05
"""Seconds between a lost connection and the second attempt to connect; doubled up to ``LONGEST_PAUSE``."""

LONGEST_PAUSE: Final = 2.0
"""A server that is back is found within this many seconds, and half of it more."""

_ANSWERS: Final = frozenset({"LOADING", "NOAUTH", "WRONGPASS"})
"""What redis-py raises as the end of a connection, though the server has only said no."""


class Link:
    """A connection that *make* makes. *random* gives numbers in [0, 1).

    *changed* is told when the link comes up, goes down, or could not be made; *answered* gets every answer.
    ``note`` says why it is down. ``hopeful``: it is being made, and nothing speaks against it yet.
    """

    def __init__(
        self,
        make: Callable[[], AbstractConnection],
        settings: RedisSettings,
        random: Callable[[], float],
        changed: Callable[[Link], None],
        answered: Callable[[Question, list[Any]], None],
    ) -> None:
        self.up = False
        self.hopeful = False
        self.note = "not opened"
        self.made = self.lost = 0
        self._make = make
        self._settings = settings
        self._random = random
        # In a cluster the keys of one transaction must share a slot.
        self._together = settings.target.kind is not Kind.CLUSTER
        self._changed = changed
        self._answered = answered
        self._told = False
        self._losses = Sparing(_log)
        self._waiting: list[Question] = []
        self._sent: deque[tuple[Question, float]] = deque()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._tried: asyncio.Future[None] | None = None

    @property
    def load(self) -> int:
        """Questions on it that have no answer yet."""
        return len(self._waiting) + len(self._sent)

    def put(self, question: Question) -> None:
        """Send *question* with the next turn. Only while it is up."""
        self._waiting.append(question)
        self._news.set()

    def take_unsent(self) -> list[Question]:
        """The questions that were put on it, and of which no byte has left."""
        taken, self._waiting = self._waiting, []
        return taken

    def start(self) -> asyncio.Future[None]:
        """Begin to connect; done when the first attempt has ended, well or not."""
        loop = asyncio.get_running_loop()
        self._tried = loop.create_future()
        self.hopeful = True
        # An empty context: what a log line reads of a request must not stick to a task that outlives it.
        self._task = loop.create_task(self._run(), name="redis link", context=contextvars.Context())
        return self._tried

    async def close(self) -> None:
        """Drop the connection; what is on it is not answered."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        self._losses.flush()
        self._tell_first_attempt()  # also where the task was cancelled before its first line
        self.hopeful, self.note = False, "closed"

    # ── the task ────────────────────────────────────────────────────────────────────────────────────────

    async def _run(self) -> None:
        while True:
            await self._serve(await self._connected())

    async def _connected(self) -> AbstractConnection:
        """A connection, however long that takes."""
        pause = FIRST_PAUSE
        self.hopeful = True
        while (connection := await self._try_to_connect()) is None:
            self.hopeful = False
            self._tell_first_attempt()
            self._changed(self)
            await asyncio.sleep(pause * (0.5 + self._random()))
            pause = min(pause * 2.0, LONGEST_PAUSE)
        self._tell_first_attempt()
        return connection

    def _tell_first_attempt(self) -> None:
        if self._tried is not None and not self._tried.done():
            self._tried.set_result(None)

    async def _try_to_connect(self) -> AbstractConnection | None:
        connection = self._make()
        try:
            async with asyncio.timeout(self._settings.connect_timeout):
                await connection.connect()  # type: ignore[no-untyped-call]
                # A server that is full accepts connections all the same and answers nothing.
                await connection.send_command("PING")
                _check_welcome(await _answer(connection))
        except TROUBLE as error:
            self.note = words_of(error)
            if not self._told:  # once per outage
                self._told = True
                _log(events.REDIS_UNREACHABLE, of=self._settings.of, kind=self.note)
            await connection.disconnect(nowait=True)
            return None
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        if self._told:
            self._told = False
            _log(events.REDIS_CONNECTED, of=self._settings.of)
        self.note, self.hopeful = "", False
        return connection

    async def _serve(self, connection: AbstractConnection) -> None:
        """Send and read until the connection ends."""
        loop = asyncio.get_running_loop()
        self.up, self.made = True, self.made + 1
        self._news.clear()
        sender = loop.create_task(self._send(connection), name="redis sender")
        self._changed(self)
        trouble, note = Trouble.CLOSED, "closed"
        try:
            async with asyncio.timeout(None) as patience:
                watch = _Watch(self._sent, patience, self._settings.give_up)
                try:
                    await self._read(connection)
                finally:
                    watch.stop()
        except TROUBLE as error:
            self.lost += 1
            trouble, note = Trouble.LOST, words_of(error)
            self.hopeful = True
        except Exception as error:  # noqa: BLE001 - a bug must cost this connection, not all later ones
            trouble, note = Trouble.LOST, "a bug"
            _log(events.BUG_IN_STORE, error=error, part=f"Redis connection at {place_of(error)}")
        finally:
            sender.cancel()
            await connection.disconnect(nowait=True)
            self._end(trouble, note)

    def _end(self, trouble: Trouble, note: str) -> None:
        self.up, self.note = False, note
        unanswered, self._sent = self._sent, deque()
        if unanswered and trouble is Trouble.LOST:
            self._losses(note, events.REDIS_LOST, of=self._settings.of, kind=note)
        for question, _ in unanswered:
            question.failed(trouble, note)
        self._changed(self)

    async def _send(self, connection: AbstractConnection) -> None:
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                now = asyncio.get_running_loop().time()
                wanted = [question for question in self.take_unsent() if question.wanted()]
                if not wanted:
                    continue
                sent = bundled(wanted, together=self._together)
                commands = [command for question in sent for command in question.commands]
                packed = connection.pack_commands(commands)
                for question in sent:
                    question.sending()
                    self._sent.append((question, now))
                await connection.send_packed_command(packed, check_health=False)
        except TROUBLE:
            pass  # whoever reads hears of it
        except Exception as error:  # noqa: BLE001 - a bug must cost this connection, not all later ones
            _log(events.BUG_IN_STORE, error=error, part=f"Redis connection at {place_of(error)}")
            await connection.disconnect(nowait=True)

    async def _read(self, connection: AbstractConnection) -> None:
        while True:
            answers = [await _answer(connection)]
            if not self._sent:
                raise InvalidResponse("an answer to nothing")
            question = self._sent[0][0]
            for _ in range(len(question.commands) - 1):
                answers.append(await _answer(connection))  # noqa: PERF401 - each is read on its own
            self._sent.popleft()
            self._answered(question, answers)

    def __repr__(self) -> str:
        return f"<Link to {self._settings.address}, {'up' if self.up else 'down'}>"


class _Watch:
    """Ends *patience* when the oldest of *sent* has been without an answer for *give_up* seconds."""

    def __init__(
        self, sent: deque[tuple[Question, float]], patience: asyncio.Timeout, give_up: float
    ) -> None:
        self._sent = sent
        self._patience = patience
        self._give_up = give_up
        self._loop = asyncio.get_running_loop()
        self._look()

    def stop(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        now = self._loop.time()
        if self._sent and now - self._sent[0][1] >= self._give_up:
            self._patience.reschedule(now)
            return
        self._timer = self._loop.call_later(self._give_up / 4.0, self._look)


def _check_welcome(answer: Any) -> None:
    """Raise what a server answered to PING; one that may not be asked that is well."""
    if isinstance(answer, RedisError) and code_of(answer) != "NOPERM":
        raise answer


async def _answer(connection: AbstractConnection) -> Any:
    """The next answer; an error that the server names is one, too."""
    try:
        return await connection.read_response(disconnect_on_error=False)
    except RedisError as error:
        if isinstance(error, ResponseError) or code_of(error) in _ANSWERS:
            return error
        raise
