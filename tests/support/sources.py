"""A source that answers as the test scripts it, and remembers every call that reached it."""

import asyncio

from gateway.outcome import Success


class Hang:
    """A script entry: never answer; only a cut or a cancellation ends the call."""

    def __init__(self, *, sent: bool = True) -> None:
        self.sent = sent


class After:
    """A script entry: wait so many seconds of loop time (interruptible by a cut), then go on with *then*."""

    def __init__(self, seconds: float, then=None) -> None:
        self.seconds = seconds
        self.then = then if then is not None else Success(b"{}")


class ScriptedSource:
    """``source.will(Failure(...), Success(...), RuntimeError())``: one entry per call, the last one repeats.

    An entry is an outcome (returned), an exception (raised), ``After`` or ``Hang``. Without a script every
    call gets ``Success(b"{}")`` at once. ``calls`` lists the calls that came; ``in_flight`` and ``peak``
    count those not ended yet.
    """

    def __init__(self) -> None:
        self.calls = []
        self.in_flight = 0
        self.peak = 0
        self._script = [Success(b"{}")]

    def will(self, *entries) -> "ScriptedSource":
        self._script = list(entries) or [Success(b"{}")]
        return self

    async def __call__(self, call):
        self.calls.append(call)
        entry = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            return await self._perform(call, entry)
        finally:
            self.in_flight -= 1

    async def _perform(self, call, entry):
        loop = asyncio.get_running_loop()
        if isinstance(entry, Hang):
            call.sent = call.sent or entry.sent
            return await call.wait(loop.create_future())
        if isinstance(entry, After):
            call.sent = True
            future = loop.create_future()
            timer = loop.call_later(entry.seconds, _resolve, future)
            try:
                answer = await call.wait(future)
            finally:
                timer.cancel()
            return await self._perform(call, entry.then) if answer is None else answer
        if isinstance(entry, BaseException):
            raise entry
        return entry


class ReceivingSource(ScriptedSource):
    """The same; every call that comes has received *size* bytes of a body, counted in *buffered*."""

    def __init__(self, buffered, size=100) -> None:
        super().__init__()
        self._buffered = buffered
        self._size = size

    async def __call__(self, call):
        assert self._buffered.take(self._size)
        call.held += self._size
        return await super().__call__(call)


def _resolve(future):
    if not future.done():
        future.set_result(None)
