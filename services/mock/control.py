"""The control API of a mock service: faults, statistics, the last requests' headers."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from services.mock.faults import Fault, Faults
from services.mock.stats import Stats


def control(faults: Faults, stats: Stats) -> APIRouter:
    """Routes under ``/__``; ``misbehave.py`` lets only loopback clients through to them."""
    router = APIRouter(tags=["control"])

    @router.put("/__faults", response_model_exclude_none=True)
    async def put_fault(fault: Fault) -> Fault:
        """Let a fault stand; answers the fault as understood."""
        faults.put(fault)
        return fault

    @router.get("/__faults", response_model_exclude_none=True)
    async def show_faults() -> dict[str, list[Fault]]:
        """The faults that stand."""
        return {"faults": faults.standing()}

    @router.delete("/__faults", status_code=204)
    async def clear_faults() -> Response:
        """Take all faults away."""
        faults.clear()
        return Response(status_code=204)

    @router.get("/__stats")
    async def show_stats() -> dict[str, Any]:
        """Requests in all and per path, and connections."""
        return stats.shown()

    @router.delete("/__stats", status_code=204)
    async def reset_stats() -> Response:
        """Count anew and forget the last requests."""
        stats.reset()
        return Response(status_code=204)

    @router.get("/__last")
    async def show_last() -> dict[str, list[dict[str, Any]]]:
        """The last requests with their headers, newest last."""
        return {"requests": stats.last()}

    return router
