"""Requests whose answers are not JSON, or not certainly: what becomes of their bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Request, Response

if TYPE_CHECKING:
    from gateway.buffered import Buffered
    from gateway.call import Call
    from gateway.sources.encodings.table import Decode


class DecodedRequest(Request):
    """A rendered request; ``decode`` makes JSON of what is answered."""

    __slots__ = ("decode",)

    def __init__(self, request: Request, decode: Decode) -> None:
        super().__init__(request.method, request.target, request.headers, request.body)
        self.decode = decode


def decoded(response: Response, call: Call, buffered: Buffered) -> bytes | Failure:
    """The body of *response*, to a ``DecodedRequest``, as checked JSON; what it grew by is counted too."""
    document: bytes | Failure = call.payload.decode(response.body, response.header(b"content-type"))
    if isinstance(document, Failure):
        return document
    more = len(document) - len(response.body)
    if more > 0:
        if not buffered.take(more):
            return Failure(Cause.BULKHEAD_FULL, "max_buffered")
        call.held += more
    return document
