"""Asks an ASGI application as if it listened at an address; redirects and exceptions come through."""

import contextlib

import httpx


@contextlib.asynccontextmanager
async def listening(app, address="http://127.0.0.1:9901", *, raise_bugs=True):
    """A client of *app*, whose listener is *address*."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=raise_bugs)
    async with httpx.AsyncClient(transport=transport, base_url=address) as client:
        yield client
