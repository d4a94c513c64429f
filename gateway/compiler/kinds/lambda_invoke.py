"""Lambda functions by their name: a step's payload as one invocation of the Invoke API."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from gateway.compiler.identity import identifying_requests
from gateway.compiler.kinds.http import transport_of
from gateway.compiler.kinds.kind import Opening, Running, StepSite, UpstreamSite
from gateway.compiler.names import Where
from gateway.compiler.render_json import JsonTemplate
from gateway.compiler.signed_urls import held
from gateway.compiler.signing import check_signing, region_of, signed, signing_details
from gateway.compiler.tls import tls_context
from gateway.compiler.words import written
from gateway.config import ABSENT
from gateway.outcome import Failure
from gateway.recording import Peer
from gateway.sources.lambda_invoke import Invocation, invoke_ending
from gateway.sources.signed import SignedWire, signed_source
from gateway.transport.origin import Origin

if TYPE_CHECKING:
    from gateway.compiler.names import Use
    from gateway.compiler.references import TemplateFault
    from gateway.config import CallSpec, UpstreamSpec
    from gateway.config.lambdas import LambdaSpec
    from gateway.plan.model import Identify, Prepare, Scope

_KEY: Final = "payload"
_TYPES: Final = {"request": "RequestResponse", "event": "Event"}


class LambdaCall:
    """The invocation of one step."""

    repeatable: Final = False  # what a function does is its own affair: a step that knows says so

    def __init__(self, site: StepSite, step: CallSpec) -> None:
        self._step = step
        said = site.upstream.lambda_ if site.upstream is not None else None
        self._target = _target(said, step.qualifier) if said is not None else b""
        self._payload = JsonTemplate(site.names, {} if step.payload is ABSENT else step.payload, Where.STEP)

    @property
    def faults(self) -> list[TemplateFault]:
        """All that is wrong with it."""
        return [fault.under(_KEY) for fault in self._payload.faults]

    @property
    def uses(self) -> list[Use]:
        """All references in it."""
        return self._payload.uses

    @property
    def shareable(self) -> bool:
        """Only where the step says that a call may be repeated."""
        return bool(self._step.repeatable) and self._step.invocation == "request"

    @property
    def target(self) -> str:
        """``INVOKE score:live``, and that it is only queued."""
        qualifier = f":{written(self._step.qualifier)}" if self._step.qualifier else ""
        queued = " as an event" if self._step.invocation == "event" else ""
        return f"INVOKE {self._step.upstream}{qualifier}{queued}"

    def compiled(self) -> Prepare:
        """The step's ``prepare``."""
        target, headers = self._target, _headers(self._step.invocation)
        payload, envelope = self._payload.body(), self._step.envelope

        def prepare(scope: Scope) -> Invocation | Failure:
            body = payload(scope.inputs, scope.outcomes)
            if not isinstance(body, bytes):
                assert body is not None, "a payload renders to bytes or to a failure"
                return body
            return Invocation(target, headers, body, envelope=envelope)

        return prepare

    def identifying(self, where: str, personal: Iterable[Use]) -> Identify:  # noqa: ARG002 - all of it shows
        """Calls are equal if all that is sent is, and read the same way."""
        return identifying_requests(f"{where} {self._step.envelope}")


class LambdaInvoke:
    """The kind."""

    name: Final = "lambda"

    def read(self, site: StepSite, step: CallSpec) -> LambdaCall:
        """The invocation of *step*."""
        return LambdaCall(site, step)

    def addresses(self, spec: UpstreamSpec) -> tuple[str, ...]:
        """The function, where it is: an upstream has one."""
        said = _said(spec)
        return (f"{_endpoint(said)}/{said.function}",)

    def prepared(self, site: UpstreamSite) -> ssl.SSLContext | None:
        """The TLS context, its files read."""
        said = _said(site.spec)
        check_signing(site, ("lambda",), said.function, said.region, said.credentials)
        if site.spec.tls is not None and not _endpoint(said).startswith("https:"):
            site.fault(("tls",), "`tls` is for https, and the endpoint is http", "write tls: off")
        return tls_context(site.name, site.spec, site.places, site.faults)

    def run(self, opening: Opening) -> Running:
        """A pool of connections to Lambda's API in one region."""
        spec, shared, said = opening.spec, opening.shared, _said(opening.spec)
        origin = Origin.of(_endpoint(said))
        client = signed(
            transport_of(origin, opening, opening.prepared),
            origin,
            shared,
            region=region_of(said.region, said.function),
            service=None,
            credentials=said.credentials,
        )
        ending = invoke_ending(shared.buffered)
        return Running(
            name=f"{written(said.function)} at {written(said.endpoint) if said.endpoint else origin}",
            client=client,
            source=signed_source(client, ending, propagate=False, clock=shared.clock),
            peer=Peer(opening.upstream, origin.scheme, origin.host, origin.port),
            details=partial(signing_details, client),
            wire=SignedWire(client, ending, propagate=False, clock=shared.clock),
            ping=partial(_ping, spec),
        )

    def told(self, spec: UpstreamSpec) -> str:
        """That it is invoked, and where."""
        said = _said(spec)
        return f"invoked in {written(region_of(said.region, said.function) or '')}, signed for AWS"

    def connection(self, spec: UpstreamSpec) -> Iterable[tuple[str, str]]:
        """The qualifier, unless steps say another."""
        qualifier = _said(spec).qualifier
        if qualifier is not None:
            yield "qualifier", written(qualifier)


def _said(spec: UpstreamSpec) -> LambdaSpec:
    assert spec.lambda_ is not None, "not a lambda upstream"
    return spec.lambda_


def _endpoint(said: LambdaSpec) -> str:
    region = region_of(said.region, said.function)
    suffix = ".cn" if (region or "").startswith("cn-") else ""
    return said.endpoint or f"https://lambda.{region}.amazonaws.com{suffix}"


def _target(said: LambdaSpec, qualifier: str | None) -> bytes:
    """The path of its invocations, below the endpoint's own."""
    chosen = qualifier or said.qualifier
    query = f"?Qualifier={quote(chosen, safe='')}" if chosen else ""
    return f"/2015-03-31/functions/{quote(said.function, safe='')}/invocations{query}".encode()


def _headers(invocation: str) -> bytes:
    return f"content-type: application/json\r\nx-amz-invocation-type: {_TYPES[invocation]}\r\n".encode()


def _ping(spec: UpstreamSpec, hold: float) -> Invocation:
    """An invocation that only keeps an environment warm."""
    assert spec.prewarm is not None, "only upstreams that are prewarmed are pinged"
    payload = json.dumps(held(spec.prewarm, hold)).encode()
    return Invocation(_target(_said(spec), None), _headers("request"), payload)
