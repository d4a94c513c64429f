"""One application per mock service: its data, the control API, and the faults around both."""

from __future__ import annotations

import random
from typing import Final

from fastapi import FastAPI

from services.mock import orders, recommendations, users
from services.mock.control import control
from services.mock.faults import Faults
from services.mock.lambda_control import functions, lambda_control
from services.mock.lambda_endpoint import LambdaEndpoint
from services.mock.misbehave import Misbehaving
from services.mock.stats import Stats

FUNCTIONS: Final = "functions"
"""The service that is a local Lambda endpoint."""

ROUTERS: Final = {"users": users.router, "orders": orders.router, "recommendations": recommendations.router}


def create_app(service: str, chance: random.Random | None = None) -> Misbehaving:
    """The ASGI application of *service* (one of ``ROUTERS``, or ``functions``), without faults.

    *chance* decides jitter and error rates; give a seeded one for runs that repeat.
    """
    faults, stats = Faults(), Stats()
    app = FastAPI(title=f"Mock {service} service", version="1")
    app.include_router(control(faults, stats))
    if service == FUNCTIONS:
        endpoint = LambdaEndpoint()
        app.include_router(lambda_control(endpoint))
        data = functions(endpoint)
    else:
        data = ROUTERS[service]
    app.include_router(data)
    return Misbehaving(app, data.routes, faults, stats, chance or random.Random())
