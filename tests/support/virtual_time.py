"""An event loop whose clock jumps to the next timer instead of waiting for it.

Sockets still work: when nothing is ready and a timer is due later, time jumps; nobody sleeps. A folder of
tests lives in virtual time if its conftest.py says

    from tests.support.virtual_time import pytest_asyncio_loop_factories

A single scenario does with ``run_virtually(scenario)``.
"""

import asyncio
import selectors


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0

    def select(self, timeout=None):
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            # Nothing is scheduled: only a real event (a socket, another thread) can wake the loop.
            return super().select(5.0)
        self.now += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Drop-in for tests of shells and plans; policies need no loop at all."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def pytest_asyncio_loop_factories(config, item):
    """The hook that puts every async test of a folder on a virtual clock."""
    return {"virtual time": VirtualTimeLoop}


def run_virtually(scenario):
    """Run the coroutine function *scenario* on a virtual clock of its own; returns what it returns."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(scenario())
