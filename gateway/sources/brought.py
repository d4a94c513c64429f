"""Opens, closes and looks at a source that another distribution brought along; calls it as a function.

Such a source is an object that can be called and awaited. It may have ``open()`` and ``close()``, both async,
and ``details()``, which gives a mapping of JSON for operators.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from gateway.telemetry import events
from gateway.telemetry.log import Log, note

if TYPE_CHECKING:
    from gateway.call import Call
    from gateway.outcome import Outcome
    from gateway.sources.function import FunctionClient
    from gateway.transport.exchange import PoolState

OPEN_WITHIN: Final = 5.0
"""Seconds that a source has to open, and to close: neither start nor end hang on it."""

_log = Log("gateway.sources.brought")


class BroughtSource:
    """A ``sources.client.Client``: *brought* is the source, *calls* runs it, *name* is its upstream's.

    It has *within* seconds to open, and as many to close.
    """

    def __init__(self, brought: Any, calls: FunctionClient, name: str, within: float = OPEN_WITHIN) -> None:
        self._within = within
        self._brought = brought
        self._calls = calls
        self._name = name
        self._trouble = ""

    async def open(self) -> None:
        """Let it open. What that raises is told; calls are made all the same, as it may still recover."""
        self._trouble = await self._asked("open")

    async def close(self) -> None:
        """End its calls, then let it close."""
        await self._calls.close()
        await self._asked("close")

    def state(self) -> PoolState:
        """The calls under way."""
        return self._calls.state()

    async def source(self, call: Call) -> Outcome:
        """Call it."""
        return await self._calls.source(call)

    def details(self) -> Mapping[str, Any]:
        """What it tells of itself, and how it failed to open."""
        told: dict[str, Any] = {"trouble": self._trouble} if self._trouble else {}
        details = getattr(self._brought, "details", None)
        if details is None:
            return told
        try:
            return {**details(), **told}
        except Exception as error:  # noqa: BLE001 - a page for operators must not fail for it
            return {**told, "details": f"{type(error).__name__}: {note(str(error))}"}

    async def _asked(self, what: str) -> str:
        """How ``open`` or ``close`` failed, which is told; ``""`` if it did not, or there is none."""
        method = getattr(self._brought, what, None)
        if method is None:
            return ""
        why = ""
        try:
            async with asyncio.timeout(self._within):
                await method()
        except TimeoutError:
            why = f"took more than {self._within:g} s"
        except Exception as error:  # noqa: BLE001 - whatever a distribution does
            why = f"{type(error).__name__}: {note(str(error))}"
        if why:
            _log(events.SOURCE_TROUBLE, upstream=self._name, what=what, why=why)
        return why
