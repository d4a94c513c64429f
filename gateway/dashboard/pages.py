"""The dashboard's page and its feed, to be added to the admin pages.

/                   the page; its style and script lie beside it
/feed               a snapshot each second, as Server-Sent Events
/feed.json          one snapshot
/feed/plans.json    the routes as configured: what does not change while the gateway runs
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import FileResponse, Response, StreamingResponse

from gateway.dashboard.feed import VIEWERS

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

    from gateway.dashboard.feed import Feed

RECONNECT: Final = 1000
"""Milliseconds after which a browser that lost the feed asks again."""

_ASSETS: Final = Path(__file__).parent / "assets"
_PAGE: Final = "dashboard.html"
_MEDIA_TYPES: Final = {"dashboard.js": "text/javascript", "dashboard.css": "text/css"}
_NO_SNIFFING: Final = {"x-content-type-options": "nosniff"}
_PAGE_HEADERS: Final = {
    # Names of upstreams and routes come from configuration; whatever they hold, only our script runs.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
    **_NO_SNIFFING,
}
_FRESH: Final = {"cache-control": "no-store", **_NO_SNIFFING}


def add_dashboard(app: FastAPI, feed: Feed) -> None:
    """Add the page and *feed* to *app*."""

    async def page(request: Request) -> Response:  # noqa: ARG001 - the framework's signature
        return FileResponse(_ASSETS / _PAGE, media_type="text/html", headers=_PAGE_HEADERS)

    async def stream(request: Request) -> Response:  # noqa: ARG001
        if feed.viewers >= VIEWERS:
            return Response("too many watch already\n", 503, media_type="text/plain", headers=_FRESH)
        return StreamingResponse(events(feed), media_type="text/event-stream", headers=_FRESH)

    async def once(request: Request) -> Response:  # noqa: ARG001
        return Response(feed.json(), media_type="application/json", headers=_FRESH)

    async def plans(request: Request) -> Response:  # noqa: ARG001
        return Response(msgspec.json.encode(feed.plans), media_type="application/json", headers=_FRESH)

    app.add_route("/", page, methods=["GET"])
    app.add_route("/feed", stream, methods=["GET"])
    app.add_route("/feed.json", once, methods=["GET"])
    app.add_route("/feed/plans.json", plans, methods=["GET"])
    for name, media_type in _MEDIA_TYPES.items():
        app.add_route(f"/{name}", _asset(name, media_type), methods=["GET"])


async def events(feed: Feed) -> AsyncIterator[bytes]:
    """The frames of *feed* as Server-Sent Events."""
    yield b"retry: %d\n\n" % RECONNECT
    async for frame in feed.frames():
        yield b"data: %s\n\n" % frame


def _asset(name: str, media_type: str) -> Any:
    async def asset(request: Request) -> Response:  # noqa: ARG001
        headers = {"cache-control": "no-cache", **_NO_SNIFFING}
        return FileResponse(_ASSETS / name, media_type=media_type, headers=headers)

    return asset
