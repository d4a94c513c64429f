"""Lambda's Invoke API: a function called by its name, its payload and its answer as JSON.

Rules of the file (docs/sources/lambda.md has the whole table):
1. The status says whether the function ran; whether it failed, only ``X-Amz-Function-Error`` does.
2. Another status than 2xx means that it did not run. What may go away by itself is ``unreachable``: nothing
   was executed, so any call may be tried again. What will not, is ``rejected``, and never with the platform's
   own status: a function that does not exist is no 404 of it.
3. What a function writes into its errors (messages, stack traces) goes nowhere but its own log.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import msgspec

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure, Freshness, Outcome, Success
from gateway.sources.bodies import checked
from gateway.sources.signed import Ending, refused
from gateway.telemetry.log import note
from gateway.transport.exchange import Request, Response
from gateway.transport.signed import error_kind

_LASTING: Final = (
    *("KMS", "InvalidSecurityGroup", "InvalidSubnet", "InvalidRuntime", "InvalidZipFile"),
    *("EC2AccessDenied", "ENILimitReached"),
)
"""How the errors of status 502 begin that somebody has to repair (Lambda's API model): no try helps."""

_PASSING: Final = frozenset({408, 409})
"""Statuses below 500 that pass: a snapshot or a file system is not ready yet."""

_decode: Final = msgspec.json.Decoder().decode


class _Envelope(msgspec.Struct, rename={"status": "statusCode", "coded": "isBase64Encoded"}):
    """What a function made for HTTP answers."""

    status: int
    headers: dict[str, Any] | None = None
    body: str | None = None
    coded: bool = False


_decode_envelope: Final = msgspec.json.Decoder(_Envelope).decode


class Invocation(Request):
    """A request to the Invoke API; *envelope*: its answer is ``{statusCode, headers, body}``."""

    __slots__ = ("envelope",)

    def __init__(self, target: bytes, headers: bytes, payload: bytes, *, envelope: bool = False) -> None:
        super().__init__("POST", target, headers, payload)
        self.envelope = envelope


def invoke_ending(buffered: Buffered) -> Ending:
    """How answers of the Invoke API end a call, whose payload is an ``Invocation``."""

    def ending(response: Response | Failure, call: Call) -> Outcome:
        if isinstance(response, Failure):
            outcome: Outcome = response
        else:
            outcome = _outcome(response, envelope=call.payload.envelope)
        if isinstance(outcome, Failure) and call.held:
            buffered.give(call.held)
            call.held = 0
        return outcome

    return ending


def _outcome(response: Response, *, envelope: bool) -> Outcome:
    if not 200 <= response.status < 300:
        return _not_run(response)
    kind = response.header(b"x-amz-function-error")
    if kind is not None:
        return Failure(Cause.FAILED, f"function error {_named(kind, response.body)}")
    if response.status != 200 or not response.body:
        return Success(b"null", Freshness.LIVE, None, response.status)  # 202: queued; 204: a dry run
    if envelope:
        return _unwrapped(response.body)
    document = checked(response.body)
    return document if isinstance(document, Failure) else Success(document)


def _not_run(response: Response) -> Failure:
    """The function did not run."""
    status, kind = response.status, error_kind(response)
    if status == 403:
        return refused(kind)
    detail = f"Lambda says {status} {note(kind)}".rstrip()
    if status == 429:
        return Failure(Cause.THROTTLED, detail, status, _seconds(response))
    if status in _PASSING or (status >= 500 and not kind.startswith(_LASTING)):
        return Failure(Cause.UNREACHABLE, detail, None, _seconds(response) or None)
    return Failure(Cause.REJECTED, detail)


def _seconds(response: Response) -> float:
    """A Retry-After of whole seconds, 0 without one: the call was not executed, so any time will do."""
    text = (response.header(b"retry-after") or b"").decode("latin-1")
    return float(text) if text.isdecimal() and len(text) <= 9 else 0.0


def _named(kind: bytes, body: bytes) -> str:
    """``Unhandled: ValueError``; the type only, for the message is the function's own."""
    try:
        error = _decode(body)
    except (msgspec.DecodeError, RecursionError):
        error = None
    named = error.get("errorType") if isinstance(error, dict) else None
    return note(f"{kind.decode('latin-1')}: {named}" if isinstance(named, str) else kind.decode("latin-1"))


def _unwrapped(body: bytes) -> Outcome:
    """The answer inside an envelope, its status read as HTTP's."""
    try:
        envelope = _decode_envelope(body)
        if envelope.coded:
            inner = base64.b64decode(envelope.body or "", validate=True)
        else:
            inner = (envelope.body or "").encode()
    except (msgspec.DecodeError, RecursionError, binascii.Error, UnicodeEncodeError) as error:
        return Failure(Cause.UNREADABLE, note(f"no envelope of statusCode, headers and body: {error}"))
    status = envelope.status
    if not 200 <= status < 300:
        return _classified(status, envelope.headers or {})
    if not inner or status == 204:
        return Success(b"null", Freshness.LIVE, None, status)
    document = checked(inner)
    return document if isinstance(document, Failure) else Success(document, Freshness.LIVE, None, status)


def _classified(status: int, headers: dict[str, Any]) -> Failure:
    """The failure that a status in an envelope is: the table of docs/contract.md section 1."""
    detail = f"the function answered {status}"
    later = next((str(value) for name, value in headers.items() if name.lower() == "retry-after"), "")
    retry_after = float(later) if later.isdecimal() and len(later) <= 9 else None
    if status == 429:
        return Failure(Cause.THROTTLED, detail, status, retry_after)
    if 300 <= status < 500:
        return Failure(Cause.REJECTED, detail, status)
    if 500 <= status < 600:
        return Failure(Cause.FAILED, detail, status, retry_after)
    return Failure(Cause.UNREADABLE, f"{detail}, which is no final status")
