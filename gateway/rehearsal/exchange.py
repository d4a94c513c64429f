"""A request and its answer within the process: an ASGI application asked without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.rehearsal.request import Request

Application = Callable[[Any, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are in lower case, repeated ones follow each other."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of this name, or ``""``."""
        return next((value for key, value in self.headers if key == name), "")


async def exchanged(app: Application, request: Request) -> Answer:
    """What *app* answers to *request*. Its client stays until the end."""
    pending = [{"type": "http.request", "body": request.body, "more_body": False}]
    started: dict[str, Any] = {}
    pieces: list[bytes] = []

    async def receive() -> Any:
        return pending.pop() if pending else await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        elif message["type"] == "http.response.body":
            pieces.append(bytes(message.get("body", b"")))

    await app(request.scope(), receive, send)
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in started["headers"])
    return Answer(started["status"], headers, b"".join(pieces))
