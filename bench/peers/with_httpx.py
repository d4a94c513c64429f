"""Three calls by hand with the usual client: FastAPI, one pooled ``httpx.AsyncClient``, ``gather``.

As a competent engineer writes it: one client for the process, a pool that holds every connection, timeouts,
an upstream's failure costs its part only.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

UPSTREAMS = os.environ["BENCH_UPSTREAMS"].split()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200, keepalive_expiry=30)
    async with httpx.AsyncClient(timeout=httpx.Timeout(1.0, connect=0.5), limits=limits) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


async def part(number: int, user_id: int) -> Any:
    client: httpx.AsyncClient = app.state.client
    url = f"{UPSTREAMS[number - 1]}/part/{number}"
    try:
        answer = await client.get(url, params={"user_id": user_id})
        answer.raise_for_status()
        return answer.json()
    except (httpx.HTTPError, ValueError):
        return None


@app.get("/flat/{user_id}")
async def flat(user_id: int) -> dict[str, Any]:
    first, second, third = await asyncio.gather(*(part(number, user_id) for number in (1, 2, 3)))
    return {"user_id": user_id, "parts": {"p1": first, "p2": second, "p3": third}}
