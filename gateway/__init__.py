"""An async aggregation gateway with circuit breaking: ``Gateway("config/gateway.yaml")`` is an ASGI app."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.app import Gateway

__all__ = ["Gateway"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: layers and configuration by themselves need neither FastAPI nor a server.
    if name == "Gateway":
        from gateway.app import Gateway  # noqa: PLC0415

        return Gateway
    raise AttributeError(f"module 'gateway' has no attribute {name!r}")
