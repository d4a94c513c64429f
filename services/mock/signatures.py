"""Checks SigV4 signatures the strict way: everything is decoded and encoded again, nothing taken as written.

Written from the specification and without a line of the gateway's, so that a mistake there is not repeated
here. Answers what AWS answers: a status, the value of ``x-amzn-errortype`` and a message.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, unquote_to_bytes

ALLOWED_SKEW: Final = timedelta(minutes=5)

_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/, ]+)/(?P<day>\d{8})/(?P<region>[^/, ]+)/(?P<service>[^/, ]+)"
    r"/aws4_request, SignedHeaders=(?P<names>[a-z0-9;_-]+), Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Key:
    """Who may sign. ``token`` is ``""`` for keys that last; *expired* keys are known and refused."""

    access_key: str
    secret_key: str
    token: str = ""
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let through."""

    kind: str
    message: str
    status: int = 403


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it came off the wire. ``target`` is as sent, header names in lower case."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self.headers if key == name]


class Verifier:
    """Knows the keys of one *service* in one *region*."""

    def __init__(self, keys: Sequence[Key], region: str, service: str) -> None:
        self.keys: Mapping[str, Key] = {key.access_key: key for key in keys}
        self._region = region
        self._service = service

    def refusal(self, request: Signed, now: datetime) -> Refusal | None:
        """Why *request* is refused; ``None``: it is well signed."""
        written = request.values("authorization")
        if not written:
            return Refusal("MissingAuthenticationTokenException", "Missing Authentication Token")
        found = _AUTHORIZATION.fullmatch(written[0]) if len(written) == 1 else None
        if found is None:
            return Refusal("IncompleteSignatureException", "the Authorization header is not well formed")
        key = self.keys.get(found["key"])
        if key is None:
            return Refusal(
                "UnrecognizedClientException", "The security token included in the request is invalid."
            )
        return (
            self._scope_refusal(found)
            or _header_refusal(request, found["names"].split(";"))
            or _date_refusal(request, found["day"], now)
            or _token_refusal(request, key)
            or self._signature_refusal(request, key, found)
        )

    def _scope_refusal(self, found: re.Match[str]) -> Refusal | None:
        for name, mine in (("region", self._region), ("service", self._service)):
            if found[name] != mine:
                return _invalid(f"Credential should be scoped to a valid {name}.")
        return None

    def _signature_refusal(self, request: Signed, key: Key, found: re.Match[str]) -> Refusal | None:
        stamp = request.values("x-amz-date")[0]
        scope = f"{found['day']}/{self._region}/{self._service}/aws4_request"
        canonical = self.canonical(request, found["names"].split(";"))
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signing = b"AWS4" + key.secret_key.encode()
        for part in scope.split("/"):
            signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
        mine = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
        if hmac.compare_digest(mine, found["signature"]):
            return None
        return _invalid(
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method."
        )

    def canonical(self, request: Signed, names: Sequence[str]) -> str:
        """The canonical request."""
        path, _, query = request.target.partition("?")
        segments = [quote(unquote_to_bytes(segment), safe="-_.~") for segment in path.split("/")]
        if self._service != "s3":
            segments = [quote(segment, safe="-_.~") for segment in segments]
        pairs = [pair.partition("=") for pair in query.split("&") if pair]
        encoded = sorted(
            (quote(unquote_to_bytes(name), safe="-_.~"), quote(unquote_to_bytes(value), safe="-_.~"))
            for name, _, value in pairs
        )
        headers = [f"{name}:{','.join(map(_trimmed, request.values(name)))}\n" for name in names]
        return "\n".join(
            (
                request.method,
                "/".join(segments) or "/",
                "&".join(f"{name}={value}" for name, value in encoded),
                "".join(headers),
                ";".join(names),
                hashlib.sha256(request.body).hexdigest(),
            )
        )


def _header_refusal(request: Signed, names: Sequence[str]) -> Refusal | None:
    if list(names) != sorted(set(names)):
        return _invalid("SignedHeaders are not in order")
    owed = {"host"} | {name for name, _ in request.headers if name.startswith("x-amz-")}
    missing = sorted(owed - set(names)) + [name for name in names if not request.values(name)]
    return _invalid(f"these headers must be signed and sent: {', '.join(missing)}") if missing else None


def _date_refusal(request: Signed, day: str, now: datetime) -> Refusal | None:
    stamps = request.values("x-amz-date")
    try:
        signed_at = datetime.strptime(stamps[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except (IndexError, ValueError):
        return Refusal("IncompleteSignatureException", "x-amz-date is missing or is no date")
    if len(stamps) != 1 or day != stamps[0][:8]:
        return _invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date")
    if abs(now - signed_at) > ALLOWED_SKEW:
        return _invalid(f"Signature expired: {stamps[0]} is not within 5 min. of now")
    return None


def _token_refusal(request: Signed, key: Key) -> Refusal | None:
    if key.expired:
        return Refusal("ExpiredTokenException", "The security token included in the request is expired")
    if request.values("x-amz-security-token") != ([key.token] if key.token else []):
        return Refusal(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        )
    return None


def _invalid(message: str) -> Refusal:
    return Refusal("InvalidSignatureException", message)


def _trimmed(value: str) -> str:
    return " ".join(value.split())
