"""Objects in S3 buckets: one signed GET per call, or a signed link without asking anybody.

What a server says ends here; docs/sources/s3.md has the whole table. S3 writes its errors as XML, and only
their ``Code`` is looked at.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import msgspec

from gateway.buffered import Buffered
from gateway.call import Call, Source
from gateway.outcome import Cause, Failure, Freshness, Outcome, Success
from gateway.sources.bodies import checked
from gateway.sources.signed import Ending, refused
from gateway.telemetry.log import note
from gateway.transport.exchange import Request, Response
from gateway.transport.signed import STALE, error_code
from gateway.transport.wire_form import wire_form

if TYPE_CHECKING:
    from gateway.transport.credential_store import CredentialStore
    from gateway.transport.sigv4 import Signer

_NOTHING: Final = b"null"
_MISSING: Final = "NoSuchKey"
_THROTTLING: Final = frozenset({"SlowDown", "RequestLimitExceeded", "TooManyRequests"})

REFUSED: Final = STALE | {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"}
"""What is wrong with who is asking, and not with what is asked for."""


class Link(Request):
    """A request that is not made: its signed URL is the answer, good for *expires* seconds."""

    __slots__ = ("expires",)

    def __init__(self, target: bytes, expires: int) -> None:
        super().__init__("GET", target)
        self.expires = expires


def object_ending(buffered: Buffered) -> Ending:
    """How answers with objects end a call; what is held of a body that goes no further is given back."""

    def ending(response: Response | Failure, call: Call) -> Outcome:
        outcome = response if isinstance(response, Failure) else _outcome(response)
        if call.held and (isinstance(outcome, Failure) or outcome.body is _NOTHING):
            buffered.give(call.held)
            call.held = 0
        return outcome

    return ending


def s3_source(objects: Source, links: Callable[[Call], Awaitable[Outcome]]) -> Source:
    """*objects* for requests, *links* for ``Link``."""

    def s3(call: Call) -> Awaitable[Outcome]:
        return links(call) if call.payload.__class__ is Link else objects(call)

    return s3


def link_source(
    signer: Signer,
    store: CredentialStore,
    base: str,
    wall_clock: Callable[[], float] = time.time,
) -> Source:
    """Makes links: *base* is the scheme and host they begin with, *signer* the one for that host."""

    async def link(call: Call) -> Outcome:
        credentials = store.ready or await store.obtained(call)
        if isinstance(credentials, Failure):
            return credentials
        wanted: Link = call.payload
        target = wire_form(wanted.target)  # as `Signing` sends it
        signed = signer.presigned("GET", target, wanted.expires, credentials, wall_clock())
        return Success(msgspec.json.encode(base + signed.decode("ascii")))

    return link


def _outcome(response: Response) -> Outcome:
    status = response.status
    if 200 <= status < 300:
        if not response.body:
            return Success(_NOTHING, Freshness.LIVE, None, status)
        document = checked(response.body)
        return document if isinstance(document, Failure) else Success(document, Freshness.LIVE, None, status)
    kind = error_code(response)
    if status == 404 and kind == _MISSING:
        return Success(_NOTHING, Freshness.LIVE, None, status)
    if kind in REFUSED:
        return refused(kind)
    detail = f"S3 says {status} {note(kind)}".rstrip()
    if status == 429 or kind in _THROTTLING:
        return Failure(Cause.THROTTLED, detail)
    # A status of its own would let clients see a 404 or 403 of the bucket as if it were one of the object.
    return Failure(Cause.REJECTED if status < 500 else Cause.FAILED, detail)
