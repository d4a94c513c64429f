"""The documentation page and ``/openapi.json``: its assets lie beside this file, so it needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import FileResponse, JSONResponse, Response

from gateway.edge.openapi import RouteDescription, document

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

DISTRIBUTION: Final = "fanin-gateway"

_ASSETS: Final = Path(__file__).parent / "assets"
_MEDIA_TYPES: Final = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
}
_PAGE_HEADERS: Final = {
    # Whatever a summary or a description holds, the page runs only our scripts and talks only to us.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}
_ASSET_HEADERS: Final = {"cache-control": "public, max-age=3600", "x-content-type-options": "nosniff"}


def add_documentation(app: FastAPI, routes: Sequence[RouteDescription], *, served_here: bool) -> None:
    """Add ``/docs`` and ``/openapi.json`` to *app*. ``served_here``: *app*'s host also answers the routes."""

    async def openapi(request: Request) -> Response:
        root = request.scope.get("root_path", "").rstrip("/")
        made: dict[str, Any] = document(
            routes, version=version(DISTRIBUTION), server=root if served_here else ""
        )
        if not served_here:
            made["x-served-elsewhere"] = True
        return JSONResponse(made, headers={"cache-control": "no-cache"})

    async def page(request: Request) -> Response:  # noqa: ARG001 - the framework's signature
        return FileResponse(_ASSETS / "docs.html", media_type="text/html", headers=_PAGE_HEADERS)

    app.add_route("/openapi.json", openapi, methods=["GET"])
    app.add_route("/docs", page, methods=["GET"])
    for name, media_type in _MEDIA_TYPES.items():
        app.add_route(f"/docs/{name}", _asset(name, media_type), methods=["GET"])


def _asset(name: str, media_type: str) -> Any:
    async def asset(request: Request) -> Response:  # noqa: ARG001
        return FileResponse(_ASSETS / name, media_type=media_type, headers=_ASSET_HEADERS)

    return asset
