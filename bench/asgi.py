"""``python -m bench.asgi run FILE …``: the gateway that answers every request by way of ASGI.

For the bench alone, to see what answering plain requests directly saves (docs/decisions/0019).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.app import Gateway
from gateway.cli import main


def _only_slow(_: Gateway, slow: Callable[..., Any]) -> Callable[..., Any]:
    return slow


def by_asgi() -> None:
    """Leave all connections to uvicorn's protocol. Raises ``AttributeError`` if that has moved."""
    if not hasattr(Gateway, "clients"):
        raise AttributeError("gateway.app.Gateway has no clients any more: bench.asgi must follow")
    Gateway.clients = _only_slow  # type: ignore[assignment]


if __name__ == "__main__":
    by_asgi()
    main()
