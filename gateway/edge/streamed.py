"""Brings an answer to the client piece by piece, and says how that ended."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from gateway.edge.body import Refusal
from gateway.edge.upload import UploadError
from gateway.outcome import Cause, Failure

if TYPE_CHECKING:
    from gateway.edge.outlet import Headers, Outlet
    from gateway.edge.passing_run import PassingRun
    from gateway.timers import Timer
    from gateway.transport.streamed import StreamedResponse

WHOLE: Final = "whole"
CLIENT_GONE: Final = "client_gone"
"""How an answer ends that goes piece by piece; else by the cause that broke it off."""


class StreamMeter(Protocol):
    """Counts the answers of one route that go piece by piece. Must neither block nor raise."""

    def begin(self) -> None:
        """One has begun."""

    def end(self, ending: str, received: int, sent: int) -> None:
        """It ended. *received* and *sent* are bytes of bodies, from the client and to it."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """One that has ended: *seconds* to its head, *total* to its end, bytes of both bodies."""

    status: int
    seconds: float
    total: float
    received: int
    sent: int
    ending: str


class _Stall:
    """As a timer entry it is the time that a client has to read a piece."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def expire(self) -> None:
        self._outlet.give_up()


async def brought(
    run: PassingRun, response: StreamedResponse, headers: Headers, outlet: Outlet, idle: Timer
) -> str:
    """Pass *response* on with *headers*; returns how it ended. What is not whole is left to be broken off.

    A client that does not read a piece, or the rest, for *idle*'s time is given up.
    """
    await _taken(outlet.start(response.status, headers, response.at_hand()), outlet, idle)
    try:
        async for piece in response:
            if isinstance(piece, Failure):
                return CLIENT_GONE if run.abandoned or outlet.gone else str(piece.cause)
            await _taken(outlet.write(piece), outlet, idle)
            if outlet.gone:
                return CLIENT_GONE
    except UploadError:  # the answer had begun before the whole body had come
        return CLIENT_GONE if run.refusal is Refusal.GONE else str(Cause.OUT_OF_TIME)
    await _taken(outlet.end(), outlet, idle)
    return CLIENT_GONE if outlet.gone else WHOLE


async def _taken(sending: Awaitable[None], outlet: Outlet, idle: Timer) -> None:
    """Wait until the client has taken what is being sent."""
    stall = _Stall(outlet)
    idle.start(stall)
    try:
        await sending
    finally:
        idle.stop(stall)
