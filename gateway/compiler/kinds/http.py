"""HTTP upstreams: requests over a pooled transport, to one or several addresses."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from gateway.compiler.identity import has_identity, identifying_requests
from gateway.compiler.kinds.kind import Opening, Running, StepSite, UpstreamSite
from gateway.compiler.request import RequestTemplate
from gateway.compiler.sharing import wanted_headers
from gateway.compiler.signed_urls import signed_running, url_ping
from gateway.compiler.signing import check_signing, taken_headers
from gateway.compiler.tls import tls_context
from gateway.compiler.words import written
from gateway.config import ABSENT
from gateway.outcome import Failure
from gateway.recording import Peer
from gateway.sources.decoded import DecodedRequest
from gateway.sources.encodings.table import DECODERS
from gateway.sources.http import http_source
from gateway.transport.codings import ACCEPTED
from gateway.transport.decoding import DecodingTransport
from gateway.transport.h1 import H1Transport
from gateway.transport.httpx import HttpxTransport
from gateway.transport.origin import Origin
from gateway.transport.warm import Warm

if TYPE_CHECKING:
    from gateway.compiler.names import Use
    from gateway.compiler.references import TemplateFault
    from gateway.config import CallSpec, UpstreamSpec
    from gateway.plan.model import Identify, Prepare, Scope
    from gateway.sources.encodings.table import Decode
    from gateway.transport.exchange import Transport

REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Methods that may be sent twice (RFC 9110 section 9.2.2; docs/contract.md section 5)."""

NO_BULKHEAD_POOL: Final = 1000
"""Connections of an upstream whose bulkhead is off: the default bulkhead's slots."""

NO_BULKHEAD_WAIT: Final = 0.1
"""Seconds a call waits for one of them: the default bulkhead's ``max_wait``."""


@dataclass(frozen=True, slots=True)
class WireOptions:
    """What does not stand in the upstream's spec: a TLS *context* in place of the system's settings, and the
    answer headers to *keep*, because some layer of a step wants to see them.
    """

    context: ssl.SSLContext | None = None
    keep: frozenset[bytes] = frozenset()


class HttpCall:
    """The HTTP request of one step."""

    def __init__(self, site: StepSite, step: CallSpec) -> None:
        contents = {"json": step.json, "form": step.form, "body": step.body}
        given = [(key, value) for key, value in contents.items() if value is not None and value is not ABSENT]
        self._step = step
        signs = site.upstream is not None and site.upstream.auth is not None
        self._taken = taken_headers(step.headers) if signs else []
        self._base_path = urlsplit(site.upstream.addresses[0]).path if site.upstream is not None else ""
        self._request = RequestTemplate(
            site.names, step.method, step.path, step.query, step.headers, given[0] if given else None
        )

    @property
    def faults(self) -> list[TemplateFault]:
        """All that is wrong with it."""
        return [*self._request.faults, *self._taken]

    @property
    def uses(self) -> list[Use]:
        """All references in it."""
        return self._request.uses

    @property
    def repeatable(self) -> bool:
        """By its method, or because it always sends an idempotency-key."""
        return self._step.method in REPEATABLE or self._request.always_sends("idempotency-key")

    @property
    def shareable(self) -> bool:
        """GET and HEAD are, and other reads that say ``repeatable: true``."""
        return has_identity(self._step.method, self._step.repeatable)

    @property
    def target(self) -> str:
        """``GET users/{id}?full=1``; nothing is encoded."""
        step = self._step
        pairs = "&".join(f"{written(name)}={written(value)}" for name, value in step.query)
        query = f"?{pairs}" if pairs else ""
        read_as = "" if step.decode == "json" else f" (read as {step.decode})"
        return f"{step.method} {step.upstream}/{written(step.path)}{query}{read_as}"

    def compiled(self) -> Prepare:
        """The step's ``prepare``; its path is appended to the base path of the upstream's url."""
        prepare = self._request.compiled(self._base_path)
        return prepare if self._step.decode == "json" else _decoding(prepare, DECODERS[self._step.decode])

    def identifying(self, where: str, personal: Iterable[Use]) -> Identify:
        """Calls are equal if all that is sent is."""
        # What is read differently is not equal, even if what is sent is.
        where = where if self._step.decode == "json" else f"{where} as {self._step.decode}"
        return identifying_requests(where, self._step.nothing_on, personal)


class Http:
    """The kind."""

    name: Final = "http"

    def read(self, site: StepSite, step: CallSpec) -> HttpCall:
        """The request of *step*."""
        return HttpCall(site, step)

    def addresses(self, spec: UpstreamSpec) -> tuple[str, ...]:
        """Its urls."""
        return spec.addresses

    def prepared(self, site: UpstreamSite) -> WireOptions:
        """The TLS context, its files read, and the headers that caches ask for."""
        context = tls_context(site.name, site.spec, site.places, site.faults)
        auth = site.spec.auth
        if auth is not None:
            check_signing(site, ("auth",), site.spec.addresses[0], auth.region, auth.credentials)
        return WireOptions(context, wanted_headers(site.name, site.config))

    def run(self, opening: Opening) -> Running:
        """A pool of connections to one url."""
        spec, shared = opening.spec, opening.shared
        wire: WireOptions = opening.prepared or WireOptions()
        origin = Origin.of(opening.address)
        transport = transport_of(origin, opening, wire.context)
        running = Running(
            name=written(opening.address),
            client=transport,
            source=http_source(
                transport, shared.buffered, propagate=spec.propagate, clock=shared.clock, keep=wire.keep
            ),
            peer=Peer(opening.upstream, origin.scheme, origin.host, origin.port),
            warm=_warm(opening.name, transport, spec),
            ping=url_ping(opening.address, spec.prewarm) if spec.prewarm is not None else None,
        )
        return (
            running if spec.auth is None else signed_running(running, transport, origin, opening, wire.keep)
        )

    def told(self, spec: UpstreamSpec) -> str:
        """The version and whose client speaks it."""
        words: list[str] = ["http/2 by httpx" if spec.http2 else spec.transport]
        words += [] if spec.propagate else ["not propagated"]
        words += [] if spec.auth is None else ["signed for AWS"]
        return ", ".join(words)

    def connection(self, spec: UpstreamSpec) -> Iterable[tuple[str, str]]:
        """Socket, TLS and content codings, where they are not the usual ones."""
        if spec.unix_socket is not None:
            yield "socket", written(spec.unix_socket)
        tls = spec.tls
        if tls is not None:
            words = [] if tls.verify else ["NOT VERIFIED: anybody can answer in this upstream's place"]
            words += [f"trusts only {written(tls.ca)}"] if tls.ca is not None else []
            words += [f"shows {written(tls.cert)}"] if tls.cert is not None else []
            words += [f"asks for {written(tls.server_name)}"] if tls.server_name is not None else []
            yield "tls", ", ".join(words) or "as the system says"
        if spec.compression:
            yield "accepts", ACCEPTED.decode()


def _decoding(prepare: Prepare, decode: Decode) -> Prepare:
    """*prepare* for answers that *decode* makes JSON of."""

    def prepared(scope: Scope) -> DecodedRequest | Failure:
        request = prepare(scope)
        return request if isinstance(request, Failure) else DecodedRequest(request, decode)

    return prepared


def _warm(name: str, transport: Transport, spec: UpstreamSpec) -> Warm | None:
    inner = transport.inner if isinstance(transport, DecodingTransport) else transport
    if spec.warm is None or not spec.warm.connections or not isinstance(inner, H1Transport):
        return None
    return Warm(inner, spec.warm.connections, name)


def transport_of(origin: Origin, opening: Opening, context: ssl.SSLContext | None) -> Transport:
    """The transport to one address, as the upstream's settings say."""
    spec, shared = opening.spec, opening.shared
    options: dict[str, Any] = {
        "limit": spec.bulkhead.bounds[2] if spec.bulkhead is not None else NO_BULKHEAD_POOL,
        "max_wait": spec.bulkhead.max_wait if spec.bulkhead is not None else NO_BULKHEAD_WAIT,
        "connect_timeout": spec.connect_timeout,
        "max_response": spec.max_response,
        "buffered": shared.buffered,
        "timers": shared.timers,
        "ssl_context": context,
        "server_name": spec.tls.server_name if spec.tls is not None else None,
        "unix_socket": spec.unix_socket,
    }
    if spec.compression:
        options["accept"] = ACCEPTED
    transport: Transport
    if spec.transport == "httpx":
        transport = HttpxTransport(origin, http2=spec.http2, proxy=spec.proxy, **options)
    else:
        transport = H1Transport(origin, **options)
    if spec.compression:
        transport = DecodingTransport(transport, max_response=spec.max_response, buffered=shared.buffered)
    return transport
