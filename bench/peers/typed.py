"""The framework alone: a FastAPI route with a typed parameter that returns ready bytes and calls nobody."""

from __future__ import annotations

from fastapi import FastAPI, Response

from bench.peers.bare import BODY

app = FastAPI()


@app.get("/user/{user_id}")
async def user(user_id: int) -> Response:  # noqa: ARG001 - the typed parameter is what is measured
    return Response(BODY, media_type="application/json")
