"""The yardstick: ~400 B from a bare ASGI function, nothing called, nothing parsed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from bench.upstreams import USER, encoded, small

BODY = encoded({"user_id": USER, "parts": [small(1), small(2)]})
HEAD = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))],
}
REST = {"type": "http.response.body", "body": BODY}

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def app(scope: MutableMapping[str, Any], receive: object, send: Send) -> None:  # noqa: ARG001
    assert scope["type"] == "http"
    await send(HEAD)
    await send(REST)
