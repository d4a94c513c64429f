"""A transport that answers every call with the same thing and remembers what it was asked."""

from gateway.outcome import Failure
from gateway.transport.exchange import PoolState, Response


class FixedTransport:
    def __init__(self, result: Response | Failure, held: int = 0) -> None:
        self.result = result
        self.held = held
        self.asked = []

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def exchange(self, request, extra, call):
        self.asked.append((request, extra))
        call.held += self.held
        return self.result

    def state(self) -> PoolState:
        return PoolState(1, 0, 0, 0, 0, 0, 0, 0)
