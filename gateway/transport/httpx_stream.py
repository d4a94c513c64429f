"""One streamed exchange inside httpx: a task brings pieces for as long as somebody takes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable

import httpx

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.timers import Timer
from gateway.transport.flight import NETWORK, AbandonedError, Flight, fault_of, pieces_of
from gateway.transport.streamed import StreamedResponse, measured


class StreamedFlight:
    """The flow from a flight to its response. ``run`` is the flight's work, inside its scope."""

    def __init__(self, flight: Flight, call: Call, idle: Timer, buffered: Buffered) -> None:
        self.response = StreamedResponse(call, idle, buffered, self)
        self._flight = flight
        self._room = asyncio.Event()
        self._room.set()
        self._landed = False
        self._owners: Exception | None = None

    async def run(self, client: httpx.AsyncBaseTransport, request: httpx.Request) -> Failure | None:
        """Settle the flight with the response at its head, then bring the body.

        Returns the failure to begin with, for which nobody has been told yet.
        """
        self._flight.begin()
        try:
            answer = await client.handle_async_request(request)
            try:
                failure = await self._take(answer)
            finally:
                await answer.aclose()
        except NETWORK as error:
            if error is self._owners:
                raise
            failure = self._flight.failure(error)
        except Exception as error:
            if not self._flight.waiter.done():
                raise
            self.response.end(error)
            return None
        finally:
            self._landed = True
        if failure is not None and self._flight.waiter.done():
            self.response.end(failure)
            return None
        return failure

    def body(self, body: AsyncIterable[bytes], length: int | None) -> AsyncIterable[bytes]:
        """*body*, and whether it is to blame for an error."""

        async def watched() -> AsyncIterable[bytes]:
            try:
                async for piece in measured(body, length):
                    yield piece
            except Exception as error:
                self._owners = error
                raise

        return watched()

    # as a flow

    def pause(self) -> None:
        """Ask httpx for no more."""
        self._room.clear()

    def resume(self) -> None:
        """Go on."""
        self._room.set()

    def release(self, *, whole: bool) -> None:  # noqa: ARG002 - httpx knows itself what can be used again
        """Nobody takes any more."""
        self._room.set()
        if not self._landed:
            self._flight.abandon()

    async def _take(self, answer: httpx.Response) -> Failure | None:
        response = self.response
        fault = fault_of(answer, answer.headers.raw)
        if fault is not None:
            return Failure(Cause.UNREADABLE, fault)
        if self._flight.waiter.done():
            raise AbandonedError
        self._flight.call.sent = True
        response.status, response.headers = answer.status_code, answer.headers.raw
        self._flight.settle(response)
        async for piece in pieces_of(answer):
            response.put(piece)
            await self._room.wait()
            if response.over:
                raise AbandonedError
        await self._flight.finish(answer)
        response.end(None)
        return None


def welcoming(request: httpx.Request) -> httpx.Request:
    """*request* with the codings that its own headers ask for: a stream is not decoded here."""
    _, *own = request.headers.get_list("accept-encoding")
    request.headers["accept-encoding"] = ", ".join(own) or "identity"
    return request
