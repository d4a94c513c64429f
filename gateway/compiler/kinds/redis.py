"""Redis upstreams: a step's command as a list of arguments, over a few connections that all calls share."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from gateway.compiler.identity import identifying_payloads
from gateway.compiler.kinds.kind import Opening, Running, StepSite, UpstreamSite
from gateway.compiler.names import Use, Where
from gateway.compiler.references import TemplateFault
from gateway.compiler.render_text import Render, TextProgram, demand_text, needed_text
from gateway.compiler.tls import tls_context
from gateway.compiler.words import written
from gateway.config.faults import did_you_mean
from gateway.outcome import Failure
from gateway.recording import Peer
from gateway.sources.redis import RedisRequest, RedisUpstream, RedisWire, redis_source
from gateway.sources.redis_answers import encoder
from gateway.sources.redis_commands import COMMANDS, RedisCommand, refusal, undeclared
from gateway.stores.redis_address import AddressError, RedisAddress, parse_address
from gateway.stores.redis_client import client_of
from gateway.stores.redis_settings import RedisSettings

if TYPE_CHECKING:
    from gateway.compiler.names import Names
    from gateway.config import CallSpec, UpstreamSpec
    from gateway.config.redis import RedisSpec
    from gateway.plan.model import Identify, Prepare, Scope

GIVE_UP: Final = 4.0
"""Timeouts after which a connection that is silent is dropped; until then late answers are read past."""

LEAST_GIVE_UP: Final = 0.5
"""Seconds of patience at least: a pause of the server costs answers, and not all connections besides."""

NO_BULKHEAD: Final = 1000
"""Calls at once of an upstream whose bulkhead is off: the default bulkhead's slots."""

_KEY: Final = "redis"
_DEFAULT: Final = re.compile(r"\$\{(\w+):-[^}]*\}")


class RedisCall:
    """The command of one step."""

    def __init__(self, site: StepSite, step: CallSpec) -> None:
        self._step = step
        self._words = step.redis or ()
        self.faults: list[TemplateFault] = []
        self.uses: list[Use] = []
        self._command: RedisCommand | None = None
        self._arguments: list[tuple[str | Use, ...]] = []
        try:
            self._command = _command(self._words, writes=step.write)
        except TemplateFault as fault:
            self.faults.append(fault)
        for index, word in enumerate(self._words[1:], 1):
            try:
                self._arguments.append(self._argument(site.names, word))
            except TemplateFault as fault:
                self.faults.append(fault.under(_KEY, index))

    def _argument(self, names: Names, word: str) -> tuple[str | Use, ...]:
        parts = names.read(word, Where.STEP)
        for part in parts:
            if isinstance(part, Use):
                self.uses.append(part)
                demand_text(part, needed=True)
        return parts

    @property
    def repeatable(self) -> bool:
        """What only reads is."""
        return not self._step.write

    @property
    def shareable(self) -> bool:
        """What only reads is."""
        return not self._step.write

    @property
    def target(self) -> str:
        """``GET sessions: session:{cookie.sid}``."""
        words = " ".join(written(word) for word in self._words[1:])
        return f"{written(self._words[0]).upper()} {self._step.upstream}: {words}"

    def compiled(self) -> Prepare:
        """The step's ``prepare``: every argument rendered by itself."""
        command = self._command
        assert command is not None, "compiled in spite of faults"
        renders = [_render(parts) for parts in self._arguments]
        constants = [None if callable(each) else each for each in renders]
        encode = encoder(command.shape_of(constants), self._step.values)
        name, key_of = command.name, command.key_of

        def prepare(scope: Scope) -> RedisRequest | Failure:
            inputs, outcomes = scope.inputs, scope.outcomes
            arguments: list[bytes] = []
            for render in renders:
                if isinstance(render, bytes):
                    arguments.append(render)
                    continue
                text = render(inputs, outcomes)
                if not isinstance(text, str):
                    return text
                arguments.append(text.encode("utf-8", "surrogatepass"))
            return RedisRequest(name, arguments, key_of(arguments), encode)

        return prepare

    def identifying(self, where: str, personal: Iterable[Use]) -> Identify:  # noqa: ARG002 - all of it shows
        """Calls are equal if command and arguments are."""
        said = f"{where} {self._words[0].upper()} {self._step.values}"
        return identifying_payloads("redis", said, lambda payload: payload.arguments)


class Redis:
    """The kind."""

    name: Final = "redis"

    def read(self, site: StepSite, step: CallSpec) -> RedisCall:
        """The command of *step*."""
        return RedisCall(site, step)

    def addresses(self, spec: UpstreamSpec) -> tuple[str, ...]:
        """Its url: however many servers stand behind it, they are one upstream."""
        return (_said(spec).url,)

    def prepared(self, site: UpstreamSite) -> ssl.SSLContext | None:
        """The TLS context, its files read."""
        tls, said = site.spec.tls, _said(site.spec)
        if tls is None:
            return None
        if not parse_address(said.url).tls:
            site.fault(("tls",), "`tls` is for rediss, and the url is not", "write rediss://, or tls: off")
        elif tls.server_name is not None:
            message = "the certificate of a Redis is checked for the url's host, and for no other name"
            site.fault(("tls", "server_name"), message, "remove it")
        return tls_context(site.name, site.spec, site.places, site.faults, alpn=())

    def run(self, opening: Opening) -> Running:
        """A few connections to each server."""
        spec, shared, said = opening.spec, opening.shared, _said(opening.spec)
        settings = RedisSettings(
            url=said.url,
            of=f"upstream {opening.name}",
            username=said.username,
            password=said.password,
            context=opening.prepared,
            timeout=spec.timeout,
            connect_timeout=spec.connect_timeout,
            give_up=max(GIVE_UP * min(spec.timeout, 1.0), LEAST_GIVE_UP),
            links=said.connections,
            max_asked=spec.bulkhead.bounds[2] if spec.bulkhead is not None else NO_BULKHEAD,
            max_answer=spec.max_response,
        )
        upstream = RedisUpstream(client_of(settings, shared.random))
        return Running(
            name=_shown(said.url),
            client=upstream,
            source=redis_source(upstream.client, shared.buffered),
            peer=_peer(opening.upstream, settings.target),
            details=upstream.details,
            wire=RedisWire(upstream.client, shared.buffered),
        )

    def told(self, spec: UpstreamSpec) -> str:
        """Whose client, and how many servers."""
        return {
            "single": "redis by redis-py",
            "sentinel": "redis by redis-py, the master that sentinels name",
            "cluster": "redis by redis-py, a cluster",
        }[parse_address(_said(spec).url).kind]

    def connection(self, spec: UpstreamSpec) -> Iterable[tuple[str, str]]:
        """How many connections."""
        said = _said(spec)
        yield "pool", f"{said.connections} connections to each server, which all calls share"


def _said(spec: UpstreamSpec) -> RedisSpec:
    assert spec.redis is not None, "not a redis upstream"
    return spec.redis


def _shown(url: str) -> str:
    """Where it is, for people: without secrets, and with ``${NAME}`` in place of what it stands for."""
    said = _DEFAULT.sub(r"${\1}", written(url))
    try:
        return parse_address(said).shown
    except AddressError:  # the environment says more of it than the scheme
        return said if "@" not in said else "redis"


def _peer(upstream: str, target: RedisAddress) -> Peer:
    """The first of its servers, or of those that are asked for them."""
    host, port = target.nodes[0] if target.nodes else (target.shown.removeprefix("unix://"), 0)
    return Peer(upstream, "redis", host, port)


def _command(words: Sequence[str], *, writes: bool) -> RedisCommand:
    """The command of the first word, which takes as many arguments as there are. Raises ``TemplateFault``."""
    if not words:
        raise TemplateFault("a command has a name", 0, 'write [GET, "key"]').under(_KEY)
    name = words[0].upper()
    command = COMMANDS.get(name)
    if command is None:
        known = refusal(name)
        message, hint = known or (
            f"`{words[0]}` is no command that a step can ask",
            did_you_mean(name, COMMANDS),
        )
        raise TemplateFault(message, 0, hint).under(_KEY, 0)
    if command.writes and not writes:
        message, hint = undeclared(command)
        raise TemplateFault(message, 0, hint).under(_KEY, 0)
    if writes and not command.writes:
        raise TemplateFault(f"`{name}` only reads", 0, "remove write: true").under("write")
    count = len(words) - 1
    if count < command.least or (command.most is not None and count > command.most):
        raise TemplateFault(f"`{name}` is written `{name} {command.usage}`", 0).under(_KEY)
    return command


def _render(parts: tuple[Any, ...]) -> bytes | Render:
    """The bytes of an argument without references, else what renders it."""
    program = TextProgram()
    for part in parts:
        if isinstance(part, Use):
            program.read(needed_text(part, str))
        else:
            program.text(part)
    return program.constant.encode() if program.constant is not None else program.compiled()
