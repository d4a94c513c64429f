"""A transport around another one that signs every request for AWS, each attempt anew.

Rules of the file:
1. A request is signed in the form in which it is sent, right before it is.
2. Waiting for credentials is waiting on behalf of the call: a cut ends it.
3. A signature that is refused as no longer good was not executed. Once per attempt the same request goes out
   again with other credentials, if there are any, or with the time that the upstream says it is.
4. Bodies are signed, so they must be whole: a stream towards such an upstream is gathered first.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterable, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.transport.credential_store import CredentialStore
from gateway.transport.credentials import Credentials
from gateway.transport.exchange import PoolState, Request, Response, Transport
from gateway.transport.sigv4 import Signer
from gateway.transport.streamed import StreamedResponse

LARGEST: Final = 6 * 2**20
"""Bytes of a streamed body that are gathered to be signed: what Lambda takes."""

CREDENTIALS_WITHIN: Final = 1.0
"""Seconds that start-up waits for credentials; a metadata service that is away must not hold it up."""

STALE: Final = frozenset(
    {"ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidSignatureException"}
    | {"RequestTimeTooSkewed"}
)
"""Refusals that other credentials, or another time, may change."""

_REFUSING: Final = frozenset({400, 403})
"""Statuses of refusals; S3 says 400 of a token that is no longer good."""

_SKEWED: Final = frozenset({"InvalidSignatureException", "RequestTimeTooSkewed"})
"""Refusals that may mean that our clock is wrong; the second one is S3's."""

_LONGEST_ERROR: Final = 4096
"""Bytes of an answer in which S3's code of its error is looked for."""

_code = re.compile(rb"<Code>([A-Za-z0-9]{1,64})</Code>").search

_TOLERATED: Final = 240.0
"""Seconds by which clocks may differ before we take the upstream's: it refuses at five minutes."""


class Signing:
    """Signs what goes to one upstream with the credentials of a *store*. *kind_of*: how it names an error.

    ``refusal`` is why the upstream refused the last signature, ``""`` since it took one.
    """

    __slots__ = ("_kind_of", "_signer", "_wall_clock", "refusal", "skew", "store")

    def __init__(
        self,
        signer: Signer,
        store: CredentialStore,
        wall_clock: Callable[[], float] = time.time,
        kind_of: Callable[[Response], str] | None = None,
    ) -> None:
        self.store = store
        self.refusal = ""
        self.skew = 0.0
        self._signer = signer
        self._wall_clock = wall_clock
        self._kind_of = kind_of or error_kind

    def signed(self, request: Request, credentials: Credentials) -> tuple[Request, bytes]:
        """*request* as it is to be sent, and the header lines to send with it."""
        target = self._signer.target(request.target)
        if target is not request.target:
            request = Request(request.method, target, request.headers, request.body)
        now = self._wall_clock() + self.skew
        lines = self._signer.lines(request.method, target, request.headers, request.body, credentials, now)
        return request, lines

    def stale(self, response: Response | Failure) -> bool:
        """Whether the upstream refused the signature itself, in a way that another one may change.

        Takes note of what it says in ``refusal``.
        """
        if isinstance(response, Failure):
            return False
        kind = self._kind_of(response) if response.status in _REFUSING else ""
        if response.status != 403 and kind not in STALE:
            self.refusal = ""
            return False
        if kind:
            self.refusal = kind
        return kind in STALE

    def doubted(self, response: Response) -> bool:
        """Whether the call that *response* refused, and that was not executed, may be signed otherwise."""
        if self._kind_of(response) in _SKEWED and self._adjusted(response):
            return True
        return self.store.current is not None and self.store.doubt(self.store.current)

    def _adjusted(self, response: Response) -> bool:
        """Take over the upstream's time, if ours is too far from it."""
        try:
            date = parsedate_to_datetime((response.header(b"date") or b"").decode("latin-1"))
        except (ValueError, OverflowError):
            return False
        skew = date.replace(tzinfo=date.tzinfo or UTC).timestamp() - self._wall_clock()
        if abs(skew - self.skew) < _TOLERATED:
            return False
        self.skew = skew
        return True


class SignedTransport:
    """*inner* with *signing*; see ``exchange.Transport``. Gathered bodies are counted in *buffered*."""

    def __init__(self, inner: Transport, signing: Signing, buffered: Buffered) -> None:
        self.inner = inner
        self.signing = signing
        self._buffered = buffered

    async def open(self) -> None:
        """Get ready, with credentials if they are found soon; makes no connection."""
        await self.inner.open()
        await self.signing.store.open(CREDENTIALS_WITHIN)

    async def exchange(self, request: Request, extra: bytes, call: Call) -> Response | Failure:
        """See ``exchange.Transport``."""
        response = await self._once(request, extra, call)
        if self.refused(response, call):
            response = await self._once(request, extra, call)
            self.signing.stale(response)
        return response

    def refused(self, response: Response | Failure, call: Call) -> bool:
        """Whether *response* refuses the signature, and another one is worth sending for *call*."""
        if not self.signing.stale(response):
            return False
        assert isinstance(response, Response), "only answers refuse"
        if not self.signing.doubted(response):
            return False
        call.sent = False
        if call.held:
            self._buffered.give(call.held)
            call.held = 0
        return True

    async def _once(self, request: Request, extra: bytes, call: Call) -> Response | Failure:
        store = self.signing.store
        credentials = store.ready or await store.obtained(call)
        if isinstance(credentials, Failure):
            return credentials
        sent, lines = self.signing.signed(request, credentials)
        return await self.inner.exchange(sent, extra + lines, call)

    async def stream(
        self,
        request: Request,
        extra: bytes,
        call: Call,
        *,
        idle_timeout: float,
        body: AsyncIterable[bytes] | None = None,
        length: int | None = None,  # noqa: ARG002 - what was gathered has its own
    ) -> StreamedResponse | Failure:
        """See ``exchange.Streaming``; *body* is gathered first, and is at most ``LARGEST``."""
        before = call.held
        try:
            if body is not None:
                gathered = await self._gathered(body, call)
                if isinstance(gathered, Failure):
                    return gathered
                request = Request(request.method, request.target, request.headers, gathered)
            store = self.signing.store
            credentials = store.ready or await store.obtained(call)
            if isinstance(credentials, Failure):
                return credentials
            sent, lines = self.signing.signed(request, credentials)
            return await self.inner.stream(sent, extra + lines, call, idle_timeout=idle_timeout)
        finally:  # once there is the head of an answer, the body has been taken
            self._buffered.give(call.held - before)
            call.held = before

    async def close(self) -> None:
        """Close every connection; see ``exchange.Transport``."""
        self.signing.store.close()
        await self.inner.close()

    def state(self) -> PoolState:
        """The pool now."""
        return self.inner.state()

    async def _gathered(self, body: AsyncIterable[bytes], call: Call) -> bytes | Failure:
        pieces: list[bytes] = []
        size = 0
        async for piece in body:
            size += len(piece)
            if size > LARGEST:
                return Failure(Cause.REJECTED, "a body of more than 6 MiB cannot be signed")
            if not self._buffered.take(len(piece)):
                return Failure(Cause.BULKHEAD_FULL, "max_buffered")
            call.held += len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def __repr__(self) -> str:
        return f"<Signed {self.inner!r}>"


def error_kind(response: Response) -> str:
    """What AWS says went wrong, ``""`` where it says nothing; without what may stand behind a colon."""
    kind = response.header(b"x-amzn-errortype")
    return "" if kind is None else kind.decode("latin-1").partition(":")[0].strip()


def error_code(response: Response) -> str:
    """The same for S3, which says it in a body of XML."""
    found = _code(response.body, 0, _LONGEST_ERROR)
    return "" if found is None else found[1].decode("ascii")
