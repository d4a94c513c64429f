"""Three calls by hand with the fastest well-known client: FastAPI, one ``aiohttp.ClientSession``, ``gather``.

The same care as ``with_httpx``: one session, a pool that holds every connection, timeouts, an upstream's
failure costs its part only.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from fastapi import FastAPI

UPSTREAMS = os.environ["BENCH_UPSTREAMS"].split()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    timeout = aiohttp.ClientTimeout(total=1.0, connect=0.5)
    connector = aiohttp.TCPConnector(limit=2000, keepalive_timeout=30)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        app.state.session = session
        yield


app = FastAPI(lifespan=lifespan)


async def part(number: int, user_id: int) -> Any:
    session: aiohttp.ClientSession = app.state.session
    url = f"{UPSTREAMS[number - 1]}/part/{number}"
    try:
        async with session.get(url, params={"user_id": user_id}, raise_for_status=True) as answer:
            return await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None


@app.get("/flat/{user_id}")
async def flat(user_id: int) -> dict[str, Any]:
    first, second, third = await asyncio.gather(*(part(number, user_id) for number in (1, 2, 3)))
    return {"user_id": user_id, "parts": {"p1": first, "p2": second, "p3": third}}
