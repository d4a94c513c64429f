"""Asks an ASGI application: as if it listened at an address, or on a real socket under uvicorn."""

import asyncio
import contextlib
import socket

import httpx
import uvicorn


@contextlib.asynccontextmanager
async def listening(app, address="http://127.0.0.1:9901", *, raise_bugs=True):
    """A client of *app*, whose listener is *address*. Neither redirects nor bugs are hidden."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=raise_bugs)
    async with httpx.AsyncClient(transport=transport, base_url=address) as client:
        yield client


@contextlib.asynccontextmanager
async def served(app, host="127.0.0.1"):
    """*app* under uvicorn on a free port; gives the port."""
    sock = socket.create_server((host, 0))
    config = uvicorn.Config(
        app,
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        ws="none",
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext
    serving = asyncio.ensure_future(server.serve([sock]))
    try:
        while not server.started:
            await asyncio.sleep(0.005)
        yield sock.getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def exchange(port, request):
    """Send the raw bytes *request* to *port*; all that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()
        await writer.wait_closed()
