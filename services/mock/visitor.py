"""The client behind one request: what it is told, and whether it is still there."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from services.mock.wire import Wire, wire_of


class Visitor:
    """Wraps ``receive`` and ``send`` of one request.

    ``gone`` is set when the connection ended before the answer was complete. Messages that the watch
    reads on the way are kept for the application.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.gone = asyncio.Event()
        self._receive = receive
        self._send = send
        self._complete = False
        self._messages: deque[Message] = deque()
        self._came = asyncio.Event()

    @property
    def wire(self) -> Wire:
        """The connection itself."""
        return wire_of(self.scope)

    @property
    def left(self) -> bool:
        """The client went before its answer was complete, by its own doing."""
        return self.gone.is_set() and not self.wire.cut

    async def watch(self) -> None:
        """Read what comes until the connection ends or the answer is complete."""
        message: Message = {}
        while message.get("type") != "http.disconnect":
            message = await self._receive()
            if message["type"] == "http.disconnect" and not self._complete:
                self.gone.set()
            self._messages.append(message)
            self._came.set()

    async def receive(self) -> Message:
        """The application's ``receive``."""
        while not self._messages:
            self._came.clear()
            await self._came.wait()
        return self._messages.popleft()

    async def send(self, message: Message) -> None:
        """The application's ``send``."""
        await self._send(message)
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        # uvicorn drops what it is given after the client went; such an answer is not complete
        if last and not self.gone.is_set():
            self._complete = True

    async def stays(self, seconds: float) -> bool:
        """Let that much time pass; ``False``, and sooner, if the client goes meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self.gone.wait()
        except TimeoutError:
            return True
        return False


class Answer:
    """A whole answer as the application meant it, before a fault spoils it."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def head(self, length: int | None) -> dict[str, Any]:
        """The opening ASGI message, promising *length* bytes (``None``: chunked)."""
        headers = [(name, value) for name, value in self.headers if name.lower() != b"content-length"]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        return {"type": "http.response.start", "status": self.status, "headers": headers}


def piece(body: bytes, *, more: bool = False) -> dict[str, Any]:
    """One ASGI body message, the last one unless *more* is to come."""
    return {"type": "http.response.body", "body": body, "more_body": more}
