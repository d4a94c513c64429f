"""``file:`` of a step: what a file holds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.compiler.identity import identifying_payloads
from gateway.compiler.kinds.kind import Running, StepSite
from gateway.compiler.references import TemplateFault
from gateway.compiler.words import written
from gateway.recording import Peer
from gateway.sources.file import WatchedFile

if TYPE_CHECKING:
    from gateway.compiler.names import Use
    from gateway.compiler.shared import Shared
    from gateway.config import CallSpec
    from gateway.plan.model import Identify, Prepare


class FileCall:
    """The file of one step, read already: what is wrong with it is told at start-up."""

    repeatable: Final = True
    shareable: Final = False
    """It is in memory."""

    def __init__(self, site: StepSite, step: CallSpec) -> None:
        assert step.file is not None, "it is of this kind"
        self.uses: list[Use] = []
        self.faults: list[TemplateFault] = []
        self._written = written(step.file)
        said_in = site.places.place((*site.path, "file")).file.name
        self._file = WatchedFile(Path(said_in).parent / step.file)
        trouble = self._file.trouble
        if trouble is not None:
            hint = "a relative path is relative to this file"
            # Behind the last character: no part of the path is wrong more than another.
            self.faults.append(TemplateFault(trouble.detail, len(self._written), hint, ("file",)))

    @property
    def target(self) -> str:
        """Its path, as its author wrote it."""
        return f"file {self._written}"

    def compiled(self) -> Prepare:
        """There is nothing to say to a file."""
        return lambda _: None

    def identifying(self, where: str, personal: Iterable[Use]) -> Identify:  # noqa: ARG002 - nothing is read
        """All calls are equal."""
        return identifying_payloads("file", where, lambda _: [])

    def run(self, shared: Shared) -> Running:  # noqa: ARG002 - it needs nothing
        """The file, looked at while the gateway is open."""
        name = self.target
        return Running(name, self._file, self._file.source, Peer(name), details=self._file.details)


class File:
    """The kind."""

    name: Final = "file"

    def read(self, site: StepSite, step: CallSpec) -> FileCall:
        """The file of *step*."""
        return FileCall(site, step)
