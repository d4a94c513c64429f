"""One Redis server as it is asked from here: its connections, and the questions that wait for one.

Rules of the file:
1. A question goes to the connection with the least to do. While none is up it waits only if one is being made
   and nothing speaks against it yet; else it fails at once.
2. Nothing waits without bound: ``max_asked`` questions may be without an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis.asyncio.connection import AbstractConnection

from gateway.stores.redis_link import Link
from gateway.stores.redis_question import Question, Trouble
from gateway.stores.redis_settings import RedisSettings


@dataclass(frozen=True, slots=True)
class RedisState:
    """The connections to all servers at an instant: ``up`` of ``of``, and why one is not (``trouble``).

    ``busy`` have unanswered questions, ``asked`` questions have no answer yet, ``waiting`` ones were not even
    put on a connection. ``made`` and ``lost`` connections only grow.
    """

    up: int
    of: int
    busy: int
    asked: int
    waiting: int
    made: int
    lost: int
    trouble: str


class Server:
    """*make* makes connections to it, as many as ``settings.links``. *answered* gets every answer, and *down*
    is told that the last connection is gone and could not be made again at once.
    """

    def __init__(
        self,
        make: Callable[[], AbstractConnection],
        settings: RedisSettings,
        random: Callable[[], float],
        answered: Callable[[Question, list[Any]], None],
        down: Callable[[], None] = lambda: None,
    ) -> None:
        self._down = down
        self._waiting: list[Question] = []
        self._most = settings.max_asked
        self.links = [Link(make, settings, random, self._changed, answered) for _ in range(settings.links)]

    @property
    def up(self) -> bool:
        """Whether any connection is up."""
        return any(link.up for link in self.links)

    @property
    def waiting(self) -> int:
        """Questions that wait for a connection."""
        return len(self._waiting)

    def begin(self, question: Question) -> bool:
        """Have *question* sent, if a connection is up and there is room; else nothing is done."""
        best, asked = self._best()
        if best is None or asked >= self._most:
            return False
        best.put(question)
        return True

    def put(self, question: Question) -> None:
        """Have *question* sent, or failed at once."""
        best, asked = self._best()
        if best is None and not any(link.hopeful for link in self.links):
            question.failed(Trouble.UNSENT, self.links[0].note)
        elif asked >= self._most:
            question.failed(Trouble.FULL, f"{asked} questions are without an answer")
        elif best is None:
            self._waiting.append(question)
        else:
            best.put(question)

    def _best(self) -> tuple[Link | None, int]:
        """The connection with the least to do, and how many questions have no answer yet."""
        best: Link | None = None
        asked = len(self._waiting)
        for link in self.links:
            asked += link.load
            if link.up and (best is None or link.load < best.load):
                best = link
        return best, asked

    def start(self) -> asyncio.Future[list[None]]:
        """Try to connect, and go on trying; done after ``connect_timeout`` at most."""
        return asyncio.gather(*(link.start() for link in self.links))

    async def close(self) -> None:
        """Drop the connections; who still waits gets no answer."""
        for link in self.links:
            await link.close()
        self._fail("closed")

    def _changed(self, link: Link) -> None:
        unsent = link.take_unsent() if not link.up else []
        if self.up or any(each.hopeful for each in self.links):
            if self.up:
                waiting, self._waiting = self._waiting, []
                unsent = [*waiting, *unsent]
            for question in unsent:
                if question.wanted():
                    self.put(question)
            return
        self._waiting += unsent
        self._fail(link.note)
        self._down()

    def _fail(self, note: str) -> None:
        waiting, self._waiting = self._waiting, []
        for question in waiting:
            question.failed(Trouble.UNSENT, note)


def state_of(servers: list[Server]) -> RedisState:
    """All their connections now."""
    links = [link for server in servers for link in server.links]
    waiting = sum(server.waiting for server in servers)
    return RedisState(
        up=sum(link.up for link in links),
        of=len(links),
        busy=sum(link.up and link.load > 0 for link in links),
        asked=sum(link.load for link in links) + waiting,
        waiting=waiting,
        made=sum(link.made for link in links),
        lost=sum(link.lost for link in links),
        trouble=next((link.note for link in links if not link.up and link.note), ""),
    )
