"""The httpx client in use, and retired ones that live until their last exchange is over.

httpcore never resets an HTTP/2 stream that is given up: its data is not acknowledged, and the stream
still counts, so that a connection with a few abandoned exchanges stalls all others (httpcore 1.0.9;
encode/httpcore pull request 1098). A client one of whose streams was given up is therefore retired,
which costs a new connection, as a cut exchange over HTTP/1.1 does.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx


class Clients:
    """Counts who uses which client; *make* makes the next one."""

    __slots__ = ("_current", "_make", "_users")

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._make = make
        self._current: httpx.AsyncBaseTransport | None = None
        self._users: dict[httpx.AsyncBaseTransport, int] = {}

    def take(self) -> httpx.AsyncBaseTransport:
        """The current client. Whoever takes gives back."""
        client = self._current
        if client is None:
            client = self._current = self._make()
            self._users[client] = 0
        self._users[client] += 1
        return client

    async def give(self, client: httpx.AsyncBaseTransport, *, retire: bool) -> None:
        """Done with *client*; *retire*: nobody new should use it. The last one out closes a retired one."""
        self._users[client] -= 1
        if retire and client is self._current:
            self._current = None
        if client is not self._current and not self._users[client]:
            del self._users[client]
            await client.aclose()

    async def close(self) -> None:
        """Close every client. To be called when nobody uses one any more."""
        self._current = None
        while self._users:
            client, _ = self._users.popitem()
            await client.aclose()

    def __len__(self) -> int:
        return len(self._users)
