"""The headers that a route gives its answers: some are the gateway's own to write, others cannot be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from gateway.config import Fault
from gateway.transport.escaping import header_fault

if TYPE_CHECKING:
    from gateway.config import Places

OWN_HEADERS: Final = frozenset(
    {"content-length", "transfer-encoding", "connection", "date", "x-request-id", "server-timing"}
    | {"gateway-degraded"}
)
"""Answer headers that the gateway or the server writes itself."""


def header_faults(route: str, headers: Mapping[str, str], places: Places) -> Iterator[Fault]:
    """What is wrong with the *headers* of this *route*."""
    for name, value in headers.items():
        path = ("routes", route, "headers", name)
        if name.lower() in OWN_HEADERS:
            yield Fault(places.key(path), f"the gateway itself writes the header `{name.lower()}`")
        fault = header_fault(value)
        if fault is not None:
            yield places.fault(path, f"the text {fault}")
