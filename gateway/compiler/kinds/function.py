"""Upstreams that are async functions: ``python:`` by name, ``source:`` by a distribution's entry point."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gateway.compiler.identity import identifying_payloads
from gateway.compiler.kinds.kind import Opening, Running, StepSite, UpstreamSite
from gateway.compiler.names import Where
from gateway.compiler.render_json import JsonTemplate
from gateway.compiler.words import written
from gateway.config import ABSENT, EnvText
from gateway.config.faults import did_you_mean
from gateway.recording import Peer
from gateway.sources.brought import BroughtSource
from gateway.sources.function import FunctionClient
from gateway.telemetry.log import note

if TYPE_CHECKING:
    from gateway.compiler.names import Use
    from gateway.compiler.references import TemplateFault
    from gateway.config import CallSpec, UpstreamSpec
    from gateway.outcome import Failure
    from gateway.plan.model import Identify, Prepare, Scope

GROUP: Final = "gateway.sources"
"""The entry points under which distributions offer sources."""

NO_BULKHEAD_LIMIT: Final = 1000
"""Functions at once of an upstream whose bulkhead is off: the default bulkhead's slots."""


class FunctionCall:
    """What one step says to a function. Its payload is JSON, or ``None`` if it says nothing."""

    def __init__(self, site: StepSite, step: CallSpec) -> None:
        self._step = step
        self._template: JsonTemplate | None = None
        if step.with_ is not ABSENT:
            self._template = JsonTemplate(site.names, step.with_, Where.STEP)

    @property
    def faults(self) -> list[TemplateFault]:
        """All that is wrong with it."""
        return [fault.under("with") for fault in self._template.faults] if self._template else []

    @property
    def uses(self) -> list[Use]:
        """All references in it."""
        return self._template.uses if self._template else []

    @property
    def repeatable(self) -> bool:
        """Nobody knows what a function does, unless the step says."""
        return False

    @property
    def shareable(self) -> bool:
        """If the step says that it may be repeated: then it reads."""
        return bool(self._step.repeatable)

    @property
    def target(self) -> str:
        """The function."""
        return written(self._step.python or self._step.upstream)

    def compiled(self) -> Prepare:
        """The step's ``prepare``."""
        if self._template is None:
            return lambda _: None
        render = self._template.body()

        def prepare(scope: Scope) -> bytes | Failure | None:
            return render(scope.inputs, scope.outcomes)

        return prepare

    def identifying(self, where: str, personal: Iterable[Use]) -> Identify:  # noqa: ARG002 - all of it shows
        """Calls are equal if what they say is."""
        return identifying_payloads("function", where, lambda payload: [payload or b""])


class Python:
    """The kind ``python``."""

    name: Final = "python"

    def read(self, site: StepSite, step: CallSpec) -> FunctionCall:
        """What *step* says."""
        return FunctionCall(site, step)

    def addresses(self, spec: UpstreamSpec) -> tuple[str, ...]:
        """The function's name."""
        return (str(spec.python),)

    def prepared(self, site: UpstreamSite) -> Any:
        """The function, imported."""
        path = ("upstreams", site.name, "python")
        folder = str(Path(site.places.place(path).file.name).parent.resolve())
        if folder not in sys.path:
            # At the end: what is installed is never shadowed by a file that lies beside a configuration.
            sys.path.append(folder)
        module, _, name = str(site.spec.python).partition(":")
        try:
            function = getattr(importlib.import_module(module), name)
        except AttributeError:
            found = [each for each in vars(sys.modules.get(module, object)) if not each.startswith("_")]
            site.fault(("python",), f"there is no `{name}` in `{module}`", did_you_mean(name, found))
            return None
        except Exception as error:  # noqa: BLE001 - whatever a module does when it is imported
            why = f"`{module}` cannot be imported: {type(error).__name__}: {note(str(error))}"
            site.fault(("python",), why, "a module is looked for as Python does, then beside this file")
            return None
        if not is_async(function):
            site.fault(("python",), f"`{name}` is not an async function", "write `async def`")
        return function

    def run(self, opening: Opening) -> Running:
        """The function, called in tasks."""
        client = _client(opening.prepared, opening)
        return Running(written(opening.address), client, client.source, Peer(opening.upstream, "python"))

    def told(self, spec: UpstreamSpec) -> str:  # noqa: ARG002 - one word for all
        """That it is Python."""
        return "python"

    def connection(self, spec: UpstreamSpec) -> Iterable[tuple[str, str]]:  # noqa: ARG002 - nothing else
        """Nothing more."""
        return ()


class Brought:
    """The kind ``source``."""

    name: Final = "source"

    def read(self, site: StepSite, step: CallSpec) -> FunctionCall:
        """What *step* says."""
        return FunctionCall(site, step)

    def addresses(self, spec: UpstreamSpec) -> tuple[str, ...]:
        """Its name, and all that it is made with."""
        assert spec.source is not None, "it is of this kind"
        return (f"{spec.source.name} {sorted(map(str, spec.source.options.items()))}",)

    def prepared(self, site: UpstreamSite) -> Any:
        """The source, made with its options."""
        said = site.spec.source
        assert said is not None, "it is of this kind"
        offered = {each.name: each for each in entry_points(group=GROUP)}
        if said.name not in offered:
            hint = did_you_mean(said.name, offered) or f"installed are: {', '.join(offered) or 'none'}"
            site.fault(("source", "name"), f"no installed distribution brings a source `{said.name}`", hint)
            return None
        return _made(offered[said.name], site)

    def run(self, opening: Opening) -> Running:
        """The source, called in tasks, opened and closed with the gateway."""
        said = opening.spec.source
        assert said is not None, "it is of this kind"
        client = BroughtSource(opening.prepared, _client(opening.prepared, opening), opening.name)
        peer = Peer(opening.upstream, "source")
        return Running(said.name, client, client.source, peer, details=client.details)

    def told(self, spec: UpstreamSpec) -> str:
        """Who brought it."""
        assert spec.source is not None, "it is of this kind"
        found = [each for each in entry_points(group=GROUP) if each.name == spec.source.name]
        dist = found[0].dist if found else None
        return f"source from {dist.name} {dist.version}" if dist is not None else "source"

    def connection(self, spec: UpstreamSpec) -> Iterable[tuple[str, str]]:  # noqa: ARG002 - its own affair
        """Nothing more."""
        return ()


def is_async(function: Any) -> bool:
    """Whether calling it gives something to await."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - not whether, but what
    )


def _made(entry: EntryPoint, site: UpstreamSite) -> Any:
    said = site.spec.source
    assert said is not None, "it is of this kind"
    try:
        source = entry.load()(_plain(said.options))
    except Exception as error:  # noqa: BLE001 - whatever a distribution does
        why = note(str(error))
        for text in _texts(said.options):
            why = why.replace(str(text), written(text))
        site.fault(("source", "options"), f"`{said.name}` cannot be made: {type(error).__name__}: {why}")
        return None
    if not is_async(source):
        site.fault(("source", "name"), f"what `{said.name}` makes cannot be awaited", "it needs `async def`")
    return source


def _plain(value: Any) -> Any:
    """*value* as anybody else knows it: without where its texts come from."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return list(map(_plain, value))
    return str(value) if isinstance(value, EnvText) else value


def _texts(value: Any) -> Iterable[str]:
    """All texts in *value*; one that came from the environment must not be shown."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    elif isinstance(value, str) and value:
        yield value


def _client(function: Any, opening: Opening) -> FunctionClient:
    bulkhead = opening.spec.bulkhead
    return FunctionClient(
        function,
        opening.shared.buffered,
        limit=bulkhead.bounds[2] if bulkhead is not None else NO_BULKHEAD_LIMIT,
        max_response=opening.spec.max_response,
    )
