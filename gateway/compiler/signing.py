"""What signs the requests of an upstream: from ``auth:`` or ``lambda:`` to a transport, and their faults.

Credentials are looked for once per process and kind of them, however many upstreams sign with them.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from gateway.compiler.cursor import TemplateFault
from gateway.transport.credential_chain import (
    EXTRA,
    Chain,
    Finding,
    Given,
    chain_is_complete,
    from_environment,
)
from gateway.transport.credential_store import CredentialStore
from gateway.transport.credentials import Credentials
from gateway.transport.signed import SignedTransport, Signing, error_code, error_kind
from gateway.transport.sigv4 import Signer

if TYPE_CHECKING:
    from gateway.compiler.kinds.kind import Path, UpstreamSite
    from gateway.compiler.shared import Shared
    from gateway.config import RouteSpec, UpstreamSpec
    from gateway.config.signing import CredentialsSpec
    from gateway.transport.exchange import Transport
    from gateway.transport.origin import Origin

SERVICE: Final = "lambda"

TAKEN: Final = frozenset({"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"})
"""Headers that a signature brings along."""

_TAKEN: Final = "requests of this upstream are signed, and the signature is what `{}` says"

_IN_HOST: Final = re.compile(r".+\.lambda-url\.([a-z0-9-]+)\.on\.aws").fullmatch
_IN_ARN: Final = re.compile(r"arn:aws[a-z-]*:lambda:([a-z0-9-]+):.*").fullmatch


class CredentialStores:
    """The credential stores of a process, one for each place that credentials may come from."""

    def __init__(
        self, environ: Mapping[str, str] = os.environ, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._environ = environ
        self._clock = clock
        self._stores: dict[Any, CredentialStore] = {}

    def of(self, spec: CredentialsSpec | None) -> CredentialStore:
        """The store of what *spec* asks for; ``None``: the standard chain."""
        key = None if spec is None else astuple(spec)
        if key not in self._stores:
            self._stores[key] = CredentialStore(self._finding(spec), self._clock)
        return self._stores[key]

    def _finding(self, spec: CredentialsSpec | None) -> Finding:
        if spec is not None and spec.access_key_id and spec.secret_access_key:
            key, secret, token = spec.access_key_id, spec.secret_access_key, spec.session_token or ""
            return Given(Credentials(str(key), str(secret), str(token), "the configuration"))
        return Chain(spec.profile if spec is not None else None, self._environ)


def region_of(region: str | None, where: str) -> str | None:
    """The region: as it is said, or as *where* (a URL or an ARN) tells."""
    if region is not None:
        return region
    found = _IN_ARN(where) or _IN_HOST(urlsplit(where).hostname or "")
    return found[1] if found else None


def check_signing(
    site: UpstreamSite, path: Path, where: str, region: str | None, credentials: CredentialsSpec | None
) -> None:
    """Tell what is missing for signing requests to *where*; *path* leads to what says how."""
    if region_of(region, where) is None:
        site.fault(path, "`region` is missing", "write region: eu-west-1, or region: ${AWS_REGION}")
    given = credentials is not None and credentials.access_key_id is not None
    chained = credentials is not None or from_environment(os.environ) is None
    if not given and chained and not chain_is_complete():
        message = f"AWS credentials from anywhere but the environment need the extra `{EXTRA}`"
        site.fault(path, message, f"pip install 'fanin-gateway[{EXTRA}]', or set AWS_ACCESS_KEY_ID")


def taken_headers(headers: Iterable[str]) -> list[TemplateFault]:
    """A fault for each of a step's *headers* that a signature brings along."""
    return [
        TemplateFault(_TAKEN.format(name), 0, _hint(name)).under("headers", name)
        for name in headers
        if name.lower() in TAKEN
    ]


def forwarding_faults(
    route: RouteSpec, upstreams: Mapping[str, UpstreamSpec]
) -> Iterable[tuple[Path, str, str]]:
    """Places, messages and hints for what a *route* that passes on forwards in a signature's place."""
    if route.proxy is None:
        return
    upstream = upstreams.get(next(iter(route.steps.values())).upstream)
    if upstream is None or upstream.auth is None:
        return
    for index, name in enumerate(route.proxy.forward.headers):
        if name in TAKEN:
            yield ("proxy", "forward", "headers", index), _TAKEN.format(name), _hint(name)


def _hint(name: str) -> str:
    return "send it by another name, as x-gateway-authorization" if name.lower() == "authorization" else ""


def signed(
    transport: Transport,
    origin: Origin,
    shared: Shared,
    *,
    region: str | None,
    service: str | None,
    credentials: CredentialsSpec | None,
) -> SignedTransport:
    """*transport* to *origin*, its requests signed."""
    assert region is not None, "compiled in spite of faults"
    signer = Signer(str(region), str(service or SERVICE), origin.authority)
    kind_of = error_code if service == "s3" else error_kind
    signing = Signing(signer, shared.credentials.of(credentials), kind_of=kind_of)
    return SignedTransport(transport, signing, shared.buffered)


def signing_details(transport: SignedTransport) -> Mapping[str, Any]:
    """What is known of its credentials, for operators: without secrets."""
    signing, store = transport.signing, transport.signing.store
    state = "refused" if signing.refusal else "missing" if store.current is None else "good"
    told: dict[str, Any] = {"state": state, "renewals": store.renewals}
    if store.current is not None:
        told |= {"access_key": store.current.hint, "origin": store.current.origin}
    if signing.refusal:
        told["refusal"] = signing.refusal
    if store.problem:
        told["problem"] = store.problem
    if signing.skew:
        told["clock_skew_seconds"] = round(signing.skew, 1)
    return {"credentials": told}
