"""What the compiler asks of a kind of source: to read a step's call, and to make an upstream run.

One file of this folder per kind; ``table.py`` finds them by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from gateway.call import Source
    from gateway.compiler.names import Names, Use
    from gateway.compiler.references import TemplateFault
    from gateway.compiler.shared import Shared
    from gateway.config import CallSpec, Config, Fault, Places, UpstreamSpec
    from gateway.plan.direct import Wire
    from gateway.plan.model import Identify, Prepare
    from gateway.recording import Peer
    from gateway.sources.client import Client
    from gateway.transport.warm import Warm

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class StepSite:
    """Where a step stands. ``names`` are what its templates may name, ``path`` leads to it in ``places``.

    ``upstream`` is ``None`` where the step needs none, or names one that there is not.
    """

    names: Names
    places: Places
    path: Path
    upstream: UpstreamSpec | None


@dataclass(frozen=True, slots=True)
class UpstreamSite:
    """Where an upstream stands; a kind adds to ``faults`` what is wrong with it."""

    name: str
    spec: UpstreamSpec
    config: Config
    places: Places
    faults: list[Fault]

    def fault(self, path: Path, message: str, hint: str = "") -> None:
        """Tell what is wrong at *path* under the upstream."""
        self.faults.append(self.places.fault(("upstreams", self.name, *path), message, hint))


@dataclass(frozen=True, slots=True)
class Opening:
    """What an address is made of. *name* is the upstream's, with its address if it has several; *prepared* is
    what ``Kind.prepared`` gave.
    """

    upstream: str
    name: str
    address: str
    spec: UpstreamSpec
    shared: Shared
    prepared: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """An address that can be called, not opened yet.

    ``name`` says where it is, for operators: without secrets, and with ``${NAME}`` in place of what it stands
    for. ``source`` takes the payloads that the kind's templates make. ``peer`` is how recordings name it.
    ``details`` are what is known of it beside its pool, for operators: without secrets. ``wire`` is its
    source in two halves, if it has one of its own. ``ping`` makes a payload that does nothing but to keep it
    warm, given the seconds that it is to be held.
    """

    name: str
    client: Client
    source: Source
    peer: Peer
    warm: Warm | None = None
    details: Callable[[], Mapping[str, Any]] = field(default=dict)
    wire: Wire | None = None
    ping: Callable[[float], Any] | None = None


class CallTemplate(Protocol):
    """A step's call in its kind's own terms, its templates read and resolved but not yet compiled.

    ``faults`` has all that is wrong, each under a path that begins with one of the kind's keys. Compile only
    without faults, and when every template of the route has been read.
    """

    @property
    def faults(self) -> Sequence[TemplateFault]:
        """All that is wrong with it."""

    @property
    def uses(self) -> Sequence[Use]:
        """All references in it."""

    @property
    def repeatable(self) -> bool:
        """Whether the call may be sent twice, if the step does not say."""

    @property
    def shareable(self) -> bool:
        """Whether calls of the step can be equal: reads can, and what the step says is ``repeatable``."""

    @property
    def target(self) -> str:
        """What is asked for, for people, as its author wrote it."""

    def compiled(self) -> Prepare:
        """The step's ``prepare``: from the request to a payload."""

    def identifying(self, where: str, personal: Iterable[Use]) -> Identify:
        """What names equal calls at *where*, which is the upstream's name and address. *personal* is what the
        templates read of the client's own; it must be part of what tells calls apart.
        """


class InlineCall(CallTemplate, Protocol):
    """The same for a step that needs no upstream."""

    def run(self, shared: Shared) -> Running:
        """What it reads from. Only without faults."""


class InlineKind(Protocol):
    """One kind of source that stands in the step itself."""

    @property
    def name(self) -> str:
        """Its name in ``config.source_kinds``."""

    def read(self, site: StepSite, step: CallSpec) -> InlineCall:
        """What *step* says, with all that is wrong in it."""


class Kind(Protocol):
    """One kind of upstream."""

    @property
    def name(self) -> str:
        """Its name in ``config.source_kinds``."""

    def read(self, site: StepSite, step: CallSpec) -> CallTemplate:
        """The call of *step*, with all that is wrong in it."""

    def addresses(self, spec: UpstreamSpec) -> Sequence[str]:
        """What tells this upstream from others, once per address; never shown, so it may hold secrets."""

    def prepared(self, site: UpstreamSite) -> Any:
        """What is needed besides the spec: files read, libraries imported. Adds to ``site.faults``."""

    def run(self, opening: Opening) -> Running:
        """Make one address run. Only without faults."""

    def told(self, spec: UpstreamSpec) -> str:
        """How it is reached, in a few words for ``explain``."""

    def connection(self, spec: UpstreamSpec) -> Iterable[tuple[str, str]]:
        """What else ``explain`` tells of how it is reached: titles and words."""
