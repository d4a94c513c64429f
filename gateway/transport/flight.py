"""One exchange inside httpx: who waits for it, what httpcore's trace tells of it, and what became of it."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Final

import anyio
import httpx

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.telemetry.log import note
from gateway.timers import Timer
from gateway.transport import framing
from gateway.transport.exchange import Response
from gateway.transport.streamed import StreamedResponse

FOREIGN: Final[tuple[tuple[type[Exception], Cause], ...]] = (
    (httpx.PoolTimeout, Cause.BULKHEAD_FULL),
    (httpx.ConnectTimeout, Cause.UNREACHABLE),
    (httpx.ConnectError, Cause.UNREACHABLE),
    (httpx.ProxyError, Cause.UNREACHABLE),
    (httpx.UnsupportedProtocol, Cause.UNREACHABLE),
    (httpx.TimeoutException, Cause.TIMEOUT),
    (httpx.RemoteProtocolError, Cause.UNREADABLE),
    (httpx.DecodingError, Cause.UNREADABLE),
    (httpx.HTTPError, Cause.INCOMPLETE),
    (anyio.BrokenResourceError, Cause.INCOMPLETE),
    (anyio.ClosedResourceError, Cause.INCOMPLETE),
    (OSError, Cause.INCOMPLETE),
)
"""What httpx raises, and the cause that it is; the first row that fits counts."""

_CONNECTING: Final = frozenset({"connection.connect_tcp.started", "connection.connect_unix_socket.started"})

NETWORK: Final = tuple(kind for kind, _ in FOREIGN)

_LOST: Final = ("Server disconnected", "peer ", "<")
# How httpcore's RemoteProtocolError begins where a connection ended, not a rule was broken: in its own
# words, in h11's, or with an HTTP/2 event ("<ConnectionTerminated …>").


Ended = Response | StreamedResponse | Failure
"""What a flight is waited for: a whole answer, the head of one, or why there is none."""

Work = Callable[[httpx.AsyncBaseTransport], Awaitable[Response | Failure | None]]
"""What a flight does with its client; ``None``: it was settled on the way."""


_QUOTES: Final = re.compile(r":? ?(?:bytearray\(|b['\"]|additional_data)")
# What of an upstream's bytes h11 and h2 put into their messages.


class AbandonedError(Exception):
    """Raised into httpcore instead of sending a request that nobody waits for any more."""


class Flight:
    """As a timer entry it bounds the time to connect as a whole, for which httpx has no timeout."""

    __slots__ = (
        "_answered",
        "_buffered",
        "_connected",
        "_connecting",
        "_finished",
        "_grace",
        "_sending",
        "_stream",
        "_timer",
        "_traced",
        "call",
        "scope",
        "waiter",
    )

    def __init__(self, call: Call, waiter: asyncio.Future[Ended], timer: Timer, buffered: Buffered) -> None:
        self.call = call
        self.waiter = waiter
        self.scope = anyio.CancelScope()
        self._timer = timer
        self._buffered = buffered
        self._finished = False
        self._grace = True
        self.begin()

    def begin(self) -> None:
        """It enters httpx; for the second time if the first connection was stale."""
        self._answered = self._connected = self._connecting = False
        self._sending = self._stream = self._traced = False

    @property
    def connected(self) -> bool:
        """A connection was made for it; otherwise it went over one that had been idle."""
        return self._connected

    @property
    def gave_up_stream(self) -> bool:
        """It began an HTTP/2 stream and did not read it to its end."""
        return self._stream and not self._finished

    def settle(self, result: Ended) -> None:
        """Hand over how it ended, if somebody still waits."""
        if not self.waiter.done():
            self.waiter.set_result(result)

    def abandon(self) -> None:
        """Nobody waits any more.

        httpcore loses a connection if it is cancelled while connecting, or while another exchange
        connects for it. So until it sends, an exchange is left to its timeouts; then it ends by itself.
        """
        if self._sending:
            self.scope.cancel()
        elif not self._connecting:
            self._timer.start(self)

    def expire(self) -> None:
        """Not connected in time."""
        if not self.waiter.done():
            length = self._timer.length * 1000
            self.waiter.set_result(Failure(Cause.UNREACHABLE, f"not connected within {length:.0f} ms"))
        if self._grace:  # httpcore bounds TCP and TLS each, and so ends within twice the time
            self._grace = False
            self._timer.start(self)
        else:
            self.scope.cancel()

    def sending(self) -> None:
        """The next byte goes to the upstream. Raises ``AbandonedError`` if nobody waits any more."""
        self._connecting = False
        self._sending = True
        self._timer.stop(self)
        if self.waiter.done():
            raise AbandonedError
        self.call.sent = True

    def land(self) -> None:
        """No more comes of it."""
        self._timer.stop(self)

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Told by httpcore, with names such as ``http11.send_request_headers.started``."""
        self._traced = True
        if event in _CONNECTING:
            self._connected = self._connecting = True
            self._timer.stop(self)
            self._timer.start(self)
        elif event.endswith("send_request_headers.started"):
            self._stream = event.startswith("http2.")
            if info["request"].method != b"CONNECT":  # that one is for the proxy
                self.sending()
        elif event.endswith("receive_response_headers.complete"):
            self._answered = True

    async def read(self, answer: httpx.Response, max_response: int, *, head_only: bool) -> Response | Failure:
        """The whole of *answer*, within our limits; *head_only*: to a HEAD request."""
        self.call.sent = True
        headers = answer.headers.raw
        fault = fault_of(answer, headers)
        if fault is not None:
            return Failure(Cause.UNREADABLE, fault)
        length = None if head_only else framing.announced_length(headers)
        if length is not None and length > max_response:
            return Failure(Cause.TOO_LARGE, f"an answer of {length} bytes")
        pieces: list[bytes] = []
        size = 0
        async for piece in pieces_of(answer):
            size += len(piece)
            if size > max_response:
                return Failure(Cause.TOO_LARGE, f"an answer of more than {max_response} bytes")
            if self.waiter.done():
                raise AbandonedError  # what nobody waits for must not be counted any more
            if not self._buffered.take(len(piece)):
                return Failure(Cause.BULKHEAD_FULL, "max_buffered")
            self.call.held += len(piece)
            pieces.append(piece)
        await self.finish(answer)
        return Response(answer.status_code, headers, b"".join(pieces))

    async def finish(self, answer: httpx.Response) -> None:
        """All of *answer* was read; a connection on which more follows is closed."""
        self._finished = True
        if _leftover(answer):
            await answer.extensions["network_stream"].aclose()

    def failure(self, error: Exception) -> Failure:
        """What *error*, one of ``NETWORK``, means."""
        text = str(error)
        cause = next(cause for kind, cause in FOREIGN if isinstance(error, kind))
        if isinstance(error, httpx.RemoteProtocolError) and text.startswith(_LOST):
            cause = Cause.INCOMPLETE
        if not self._traced:
            self.call.sent = cause is not Cause.UNREACHABLE  # a mock that does not tell
        elif self._connected and not self._answered and _is_tls(error):
            # In TLS 1.3 our certificate is refused after the handshake, before the request is read.
            self.call.sent = False
            cause = Cause.UNREACHABLE
        elif not self.call.sent and cause in {Cause.INCOMPLETE, Cause.TIMEOUT}:
            cause = Cause.UNREACHABLE
        return Failure(cause, note(f"{type(error).__name__}: {_own_words(text) or _reason(error)}"))

    def went_stale(self, failure: Failure) -> bool:
        """The upstream closed an idle connection when we used it, and somebody still waits for an answer."""
        lost = failure.cause is Cause.INCOMPLETE and not self._connected and not self._answered
        return lost and self._traced and not self.waiter.done()


def _causes(error: BaseException) -> Iterator[BaseException]:
    """*error*, and what led to it."""
    led: BaseException | None = error
    while led is not None:
        yield led
        led = led.__cause__ or led.__context__


def _is_tls(error: BaseException) -> bool:
    return any(isinstance(led, ssl.SSLError) for led in _causes(error))


def _own_words(text: str) -> str:
    """*text* up to where it quotes what the upstream sent: bodies and headers are not for logs."""
    return _QUOTES.split(text, 1)[0].rstrip(" ,")


def _reason(error: BaseException) -> str:
    """What the deepest error says: httpx leaves the text of some of its own empty."""
    return next((str(led) for led in reversed(list(_causes(error))) if str(led)), "")


def fault_of(answer: httpx.Response, headers: framing.Headers) -> str | None:
    """What h11 lets pass and ``h1`` does not."""
    if answer.status_code < 200:
        return f"status {answer.status_code}"
    fault = framing.fault_in_size(headers)
    version = answer.http_version.removeprefix("HTTP/")
    if fault is None and version.startswith("1"):
        fault = framing.fault_in_coding(headers, version)
        if framing.is_chunked(headers) and framing.announced_length(headers) is not None:
            fault = "content-length together with transfer-encoding"
    return fault


async def pieces_of(answer: httpx.Response) -> AsyncIterator[bytes]:
    """The body as it came, undecoded."""
    if answer.is_stream_consumed:  # a mock's answer was whole from the start
        yield answer.content
        return
    async for piece in answer.aiter_raw():
        yield piece


def _leftover(answer: httpx.Response) -> bool:
    """Bytes follow the answer. h11 would read them as the next one, for another call.

    httpcore does not tell, so this looks inside it; the contract tests fail should that move.
    """
    inside: Any = answer.stream
    for name in ("_httpcore_stream", "_stream", "_connection", "_h11_state"):
        inside = getattr(inside, name, None)
    return inside is not None and bool(inside.trailing_data[0])
