"""A transport around another one that decodes the bodies of its answers (``compression: on``)."""

from __future__ import annotations

from collections.abc import AsyncIterable

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.transport.codings import decoded
from gateway.transport.exchange import PoolState, Request, Response, Transport
from gateway.transport.streamed import StreamedResponse


class DecodingTransport:
    """*inner* must say what it accepts: ``accept=codings.ACCEPTED``.

    ``max_response`` bounds a body as it came and as it is decoded. Only bodies of 2xx are decoded: nobody
    reads the others, and their status must count whatever state they are in.
    """

    def __init__(self, inner: Transport, *, max_response: int, buffered: Buffered) -> None:
        self.inner = inner
        self._max_response = max_response
        self._buffered = buffered

    async def open(self) -> None:
        """Get ready; makes no connection."""
        await self.inner.open()

    async def exchange(self, request: Request, extra: bytes, call: Call) -> Response | Failure:
        """See ``exchange.Transport``; the answer has no content-encoding and no content-length."""
        response = await self.inner.exchange(request, extra, call)
        if isinstance(response, Failure) or not response.body or not 200 <= response.status < 300:
            return response
        codings = [value for name, value in response.headers if name.lower() == b"content-encoding"]
        if not codings:
            return response
        before = len(response.body)
        body = decoded(response.body, b",".join(codings), self._max_response)
        self._buffered.give(before)
        call.held -= before
        if isinstance(body, Failure):
            return body
        if not self._buffered.take(len(body)):
            return Failure(Cause.BULKHEAD_FULL, "max_buffered")
        call.held += len(body)
        headers = [pair for pair in response.headers if pair[0].lower() not in _CODED]
        return Response(response.status, headers, body)

    async def stream(
        self,
        request: Request,
        extra: bytes,
        call: Call,
        *,
        idle_timeout: float,
        body: AsyncIterable[bytes] | None = None,
        length: int | None = None,
    ) -> StreamedResponse | Failure:
        """Streams are not decoded; see ``exchange.Streaming``."""
        return await self.inner.stream(
            request, extra, call, idle_timeout=idle_timeout, body=body, length=length
        )

    async def close(self) -> None:
        """Close every connection; see ``exchange.Transport``."""
        await self.inner.close()

    def state(self) -> PoolState:
        """The pool now."""
        return self.inner.state()

    def __repr__(self) -> str:
        return f"<Decoding {self.inner!r}>"


_CODED = frozenset({b"content-encoding", b"content-length"})
