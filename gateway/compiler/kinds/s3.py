"""S3 buckets, and what speaks like them: a step's object as one signed GET, or as a link."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from gateway.compiler.identity import identifying_requests
from gateway.compiler.kinds.http import transport_of
from gateway.compiler.kinds.kind import Opening, Running, StepSite, UpstreamSite
from gateway.compiler.references import TemplateFault
from gateway.compiler.render_text import TextProgram
from gateway.compiler.signing import check_signing, signed, signing_details
from gateway.compiler.target import PathTemplate
from gateway.compiler.tls import tls_context
from gateway.compiler.words import seconds, written
from gateway.outcome import Failure
from gateway.recording import Peer
from gateway.sources.s3 import Link, link_source, object_ending, s3_source
from gateway.sources.signed import signed_source
from gateway.transport.exchange import Request
from gateway.transport.origin import Origin
from gateway.transport.sigv4 import Signer

if TYPE_CHECKING:
    from gateway.compiler.names import Names, Use
    from gateway.config import CallSpec, UpstreamSpec
    from gateway.config.objects import S3Spec
    from gateway.plan.model import Identify, Prepare, Scope

SERVICE: Final = "s3"

_KEY: Final = "object"


class ObjectCall:
    """The object of one step."""

    repeatable: Final = True

    def __init__(self, site: StepSite, step: CallSpec) -> None:
        self._step = step
        self._base_path = _base_path(_said(site.upstream)) if site.upstream is not None else ""
        self.faults: list[TemplateFault] = []
        self._path: PathTemplate | None = None
        try:
            self._path = _path(site.names, step.object or "")
        except TemplateFault as fault:
            self.faults.append(fault.under(_KEY))

    @property
    def uses(self) -> list[Use]:
        """All references in its key."""
        return self._path.uses if self._path is not None else []

    @property
    def shareable(self) -> bool:
        """Objects are; to share a link would cost more than to make it."""
        return self._step.presign is None

    @property
    def target(self) -> str:
        """``OBJECT files: avatars/{user_id}.json``, or a link to it."""
        presign = self._step.presign
        what = "OBJECT" if presign is None else f"LINK for {seconds(presign)}"
        return f"{what} {self._step.upstream}: {written(self._step.object or '')}"

    def compiled(self) -> Prepare:
        """The step's ``prepare``."""
        assert self._path is not None, "compiled in spite of faults"
        program = TextProgram()
        self._path.write(program, self._base_path)
        render, presign = program.compiled(), self._step.presign
        expires = None if presign is None else int(presign)

        def prepare(scope: Scope) -> Request | Failure:
            target = render(scope.inputs, scope.outcomes)
            if not isinstance(target, str):
                return target
            return Request("GET", target.encode()) if expires is None else Link(target.encode(), expires)

        return prepare

    def identifying(self, where: str, personal: Iterable[Use]) -> Identify:  # noqa: ARG002 - all of it shows
        """Calls are equal if their keys are."""
        return identifying_requests(f"{where} {self._step.presign}")


class S3:
    """The kind."""

    name: Final = "s3"

    def read(self, site: StepSite, step: CallSpec) -> ObjectCall:
        """The object of *step*."""
        return ObjectCall(site, step)

    def addresses(self, spec: UpstreamSpec) -> tuple[str, ...]:
        """The bucket, where it is."""
        said = _said(spec)
        return (f"{_endpoint(said)}{_base_path(said)}",)

    def prepared(self, site: UpstreamSite) -> ssl.SSLContext | None:
        """The TLS context, its files read."""
        said = _said(site.spec)
        check_signing(site, ("s3",), said.bucket, said.region, said.credentials)
        if site.spec.tls is not None and not _endpoint(said).startswith("https:"):
            site.fault(("tls",), "`tls` is for https, and the endpoint is http", "write tls: off")
        return tls_context(site.name, site.spec, site.places, site.faults)

    def run(self, opening: Opening) -> Running:
        """A pool of connections to the bucket's server."""
        shared, said = opening.shared, _said(opening.spec)
        origin = Origin.of(_endpoint(said))
        client = signed(
            transport_of(origin, opening, opening.prepared),
            origin,
            shared,
            region=said.region,
            service=SERVICE,
            credentials=said.credentials,
        )
        public = Origin.of(said.links or _endpoint(said))
        signer = Signer(str(said.region), SERVICE, public.authority)
        objects = signed_source(client, object_ending(shared.buffered), propagate=False, clock=shared.clock)
        links = link_source(signer, client.signing.store, f"{public.scheme}://{public.authority}")
        return Running(
            name=f"{written(said.bucket)} at {written(said.endpoint) if said.endpoint else origin}",
            client=client,
            source=s3_source(objects, links),
            peer=Peer(opening.upstream, origin.scheme, origin.host, origin.port),
            details=partial(signing_details, client),
        )

    def told(self, spec: UpstreamSpec) -> str:
        """That its requests are signed, and for which region."""
        return f"objects in {written(_said(spec).region or '')}, signed for AWS"

    def connection(self, spec: UpstreamSpec) -> Iterable[tuple[str, str]]:
        """Where links point, if that is another place."""
        said = _said(spec)
        if said.links is not None:
            yield "links", f"to {written(said.links)}"


def _path(names: Names, key: str) -> PathTemplate:
    if not key:
        raise TemplateFault("an object has a key", 0)
    if "//" in key:
        raise TemplateFault("a key with an empty segment is not the same for all servers", key.index("//"))
    return PathTemplate(names, key)


def _said(spec: UpstreamSpec) -> S3Spec:
    assert spec.s3 is not None, "not an s3 upstream"
    return spec.s3


def _endpoint(said: S3Spec) -> str:
    """Scheme and host. AWS has a host for each bucket, but no certificate for one with dots in it."""
    if said.endpoint is not None:
        return str(said.endpoint).rstrip("/")
    suffix = ".cn" if (said.region or "").startswith("cn-") else ""
    host = f"s3.{said.region}.amazonaws.com{suffix}"
    return f"https://{host}" if "." in said.bucket else f"https://{said.bucket}.{host}"


def _base_path(said: S3Spec) -> str:
    """What keys are appended to."""
    return f"/{said.bucket}" if said.endpoint is not None or "." in said.bucket else ""
