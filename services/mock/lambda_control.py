"""The routes of the local Lambda endpoint: what it serves, and how a test or a person changes its limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.mock.lambda_endpoint import LambdaEndpoint

_METHODS: Final = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]

Seconds = Annotated[float, Field(ge=0, le=900)]


class Settings(BaseModel):
    """What may be changed while it runs; what is not given stays. ``keys_expired``: nobody may call."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    function: str | None = None
    signed: bool | None = None
    keys_expired: bool | None = None
    cold_start: Seconds | None = None
    idle_for: Seconds | None = None
    timeout: Seconds | None = None
    concurrency: Annotated[int, Field(ge=0)] | None = None
    retry_after: Seconds | None = None


def functions(endpoint: LambdaEndpoint) -> APIRouter:
    """The function URL at every path, and the Invoke API at its own."""
    router = APIRouter()
    router.add_route("/2015-03-31/functions/{name:path}/invocations", endpoint.invoke, ["POST"])
    router.add_route("/{path:path}", endpoint.url, _METHODS)
    return router


def lambda_control(endpoint: LambdaEndpoint) -> APIRouter:
    """Routes under ``/__lambda``; ``misbehave.py`` lets only loopback clients through to them."""
    router = APIRouter(tags=["control"])

    @router.get("/__lambda")
    async def show() -> dict[str, Any]:
        """Environments and what they did, by function."""
        told = {
            name: {
                "busy": fleet.busy,
                "idle": fleet.idle,
                "invocations": fleet.invocations,
                "cold_starts": fleet.cold_starts,
                "throttled": fleet.throttled,
            }
            for name, fleet in endpoint.fleets.items()
            if fleet.invocations or fleet.throttled
        }
        return {"functions": told, "refused": endpoint.refused, "events_ended": endpoint.events_ended}

    @router.put("/__lambda")
    async def change(settings: Settings) -> dict[str, Any]:
        """Change limits; answers all that holds now."""
        _change(endpoint, settings.model_dump(exclude_unset=True))
        return await show()

    @router.delete("/__lambda", status_code=204)
    async def forget() -> Response:
        """End all idle environments: the next calls are cold."""
        for fleet in endpoint.fleets.values():
            fleet.forget()
        return Response(status_code=204)

    return router


def _change(endpoint: LambdaEndpoint, given: dict[str, Any]) -> None:
    for name in ("cold_start", "idle_for", "timeout", "concurrency"):
        if name in given:
            setattr(endpoint.limits, name, given[name])
    for name in ("function", "signed", "retry_after"):
        if name in given:
            setattr(endpoint, name, given[name])
    if "keys_expired" in given:
        keys = endpoint.verifier.keys
        expired = given["keys_expired"]
        endpoint.verifier.keys = {name: replace(key, expired=expired) for name, key in keys.items()}
