"""What sources whose requests are signed have in common: one attempt over a signed transport, in both forms.

How an answer is to be read is the source's own: ``lambda_url`` and ``lambda_invoke`` say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.call import Call, Source, Waiter
from gateway.outcome import Cause, Failure, Outcome
from gateway.sources.propagation import propagated
from gateway.telemetry.log import note
from gateway.transport.exchange import Response
from gateway.transport.h1 import H1Transport
from gateway.transport.signed import SignedTransport

if TYPE_CHECKING:
    from gateway.transport.connection import Connection, Result

Ending = Callable[[Response | Failure, Call], Outcome]
"""How an exchange that ended so ended for its call."""


def refused(kind: str) -> Failure:
    """AWS did not let a call through, which it calls *kind*: nothing was executed."""
    return Failure(Cause.UNREACHABLE, f"AWS refused the call: {note(kind)}")


def signed_source(
    transport: SignedTransport, ending: Ending, *, propagate: bool, clock: Callable[[], float]
) -> Source:
    """A source whose payloads are ``transport.exchange.Request``; see ``http.http_source``."""
    exchange = transport.exchange

    async def signed(call: Call) -> Outcome:
        extra = propagated(call, clock()) if propagate else b""
        return ending(await exchange(call.payload, extra, call), call)

    return signed


class SignedWire:
    """The same source in two halves, for attempts that are begun and ended without a coroutine.

    See ``plan.direct.Wire``. *transport* is around an ``H1Transport``. What has to wait for credentials, or
    for better ones, takes the plain form.
    """

    __slots__ = ("_begin", "_clock", "_end", "_ending", "_propagate", "_refused", "_signing", "_source")

    def __init__(
        self, transport: SignedTransport, ending: Ending, *, propagate: bool, clock: Callable[[], float]
    ) -> None:
        inner = transport.inner
        assert isinstance(inner, H1Transport), "no other transport has two halves"
        self._begin = inner.begin
        self._end = inner.end
        self._signing = transport.signing
        self._refused = transport.refused
        self._ending = ending
        self._propagate = propagate
        self._clock = clock
        self._source = signed_source(transport, ending, propagate=propagate, clock=clock)

    def begin(self, call: Call, now: float, waiter: Waiter) -> Connection | None:
        """Send the call; ``None``, and nothing done, if that would have to wait."""
        credentials = self._signing.store.ready
        if credentials is None:
            return None
        request, lines = self._signing.signed(call.payload, credentials)
        if self._propagate:
            lines = propagated(call, now) + lines
        return self._begin(request, lines, call, waiter)

    def end(self, connection: Connection, result: Result, call: Call) -> Outcome | None:
        """What the waiter's *result* means; ``None``: nothing, and ``anew`` is to be asked."""
        self._end(connection)
        if result is None or self._refused(result, call):
            return None
        return self._ending(result, call)

    async def anew(self, call: Call) -> Outcome:
        """The same attempt from its beginning, waiting for whatever it needs."""
        return await self._source(call)
