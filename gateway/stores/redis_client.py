"""Asks Redis, whatever stands behind the URL: one server, the master that sentinels name, or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from gateway.stores.redis_address import Kind
from gateway.stores.redis_cluster import ClusterClient
from gateway.stores.redis_dial import Dialer
from gateway.stores.redis_question import Asked, Command, Question
from gateway.stores.redis_server import RedisState, Server, state_of
from gateway.stores.redis_settings import RedisSettings


class RedisClient(Protocol):
    """Puts questions to the right server. Belongs to one event loop once it is opened."""

    def put(self, question: Question) -> None:
        """Have *question* answered or failed: soon, later, or at once. Never waits, never raises."""

    def begin(self, question: Question) -> bool:
        """Have *question* sent, if that need not wait for anything; else nothing is done. It ends later."""

    def ready(self, key: bytes | None) -> bool:
        """Whether a question about *key* could be sent now."""

    async def open(self) -> None:
        """Try to connect, for about ``connect_timeout``, and go on trying. Never raises for a server."""

    async def close(self) -> None:
        """Drop the connections; who still waits is told so."""

    def state(self) -> RedisState:
        """The connections now."""


class OneServer:
    """See ``RedisClient``: all questions go to one server, which sentinels may name anew."""

    def __init__(self, settings: RedisSettings, random: Callable[[], float]) -> None:
        self._dialer = Dialer(settings)
        self._server = Server(self._dialer.connection, settings, random, _answered)
        self.put = self._server.put
        self.begin = self._server.begin

    def ready(self, key: bytes | None) -> bool:  # noqa: ARG002 - where a key is kept does not matter
        """See ``RedisClient``."""
        return self._server.up

    async def open(self) -> None:
        """See ``RedisClient``."""
        await self._server.start()

    async def close(self) -> None:
        """See ``RedisClient``."""
        await self._server.close()
        await self._dialer.close()

    def state(self) -> RedisState:
        """See ``RedisClient``."""
        return state_of([self._server])


def client_of(settings: RedisSettings, random: Callable[[], float]) -> RedisClient:
    """The client for what ``settings.url`` says. *random* gives numbers in [0, 1)."""
    if settings.target.kind is Kind.CLUSTER:
        return ClusterClient(settings, random)
    return OneServer(settings, random)


async def ask(
    client: RedisClient, commands: Sequence[Command], key: bytes | None = None, *, as_one: bool = False
) -> list[Any]:
    """The answers to *commands*, for a task. Raises ``UnansweredError``; bound it in time."""
    question = Asked(commands, key, as_one=as_one)
    client.put(question)
    return await question.future


def _answered(question: Question, answers: list[Any]) -> None:
    question.answered(answers)
