"""Compiles the ``name=value`` pairs of a query or a form; a pair without a value is left out.

Names and texts come decoded (what the short form of a call writes as ``%20`` is a blank here); all of it is
encoded on the way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.compiler.names import Names, Use, Where
from gateway.compiler.reads import list_read
from gateway.compiler.references import TemplateFault, constant_text
from gateway.compiler.render_text import (
    Part,
    Render,
    TextProgram,
    certain,
    demand_text,
    needed_text,
    optional_text,
)
from gateway.outcome import Failure, Outcome
from gateway.transport.escaping import encoded


@dataclass(frozen=True, slots=True)
class _Pair:
    name: str
    parts: tuple[Part, ...]

    @property
    def whole(self) -> Use | None:
        """The reference, if the value is one and nothing else."""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], Use) else None

    @property
    def certain(self) -> bool:
        return self.whole is None or certain(self.whole)

    def write(self, program: TextProgram, separator: str) -> None:
        start = f"{separator}{encoded(self.name)}="
        whole = self.whole
        if whole is not None and whole.ref.gives == "list":
            program.read(_repeated(whole, start))
        elif whole is not None and not certain(whole):
            program.read(optional_text(whole, encoded, before=start))
        else:
            program.text(start)
            for part in self.parts:
                if isinstance(part, str):
                    program.text(encoded(part))
                else:
                    program.read(needed_text(part, encoded))


def _repeated(use: Use, start: str) -> Render:
    read = list_read(use)

    def render(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> str | Failure:
        texts = read(inputs, outcomes)
        if isinstance(texts, Failure):
            return texts
        return "".join([start + encoded(text) for text in texts or ()])

    return render


class PairsTemplate:
    """The pairs of one step; ``lists``: whether a reference with ``[]`` may repeat its pair.

    ``faults`` has all that is wrong, each under ``(key, name)``.
    """

    def __init__(self, names: Names, pairs: Iterable[tuple[str, Any]], key: str, *, lists: bool) -> None:
        self.faults: list[TemplateFault] = []
        self.pairs: list[_Pair] = []
        for name, value in pairs:
            try:
                pair = _Pair(constant_text(name, "a name"), names.read(value, Where.STEP))
                self._demand(pair, lists=lists)
                self.pairs.append(pair)
            except TemplateFault as fault:
                self.faults.append(fault.under(key, name))

    @property
    def uses(self) -> list[Use]:
        """The references in them."""
        return [part for pair in self.pairs for part in pair.parts if isinstance(part, Use)]

    @staticmethod
    def _demand(pair: _Pair, *, lists: bool) -> None:
        whole = pair.whole
        if whole is not None and whole.ref.gives == "list" and lists:
            if whole.slot is not None and not whole.ref.functions:
                whole.slot.text = True
            return
        for part in pair.parts:
            if isinstance(part, Use):
                demand_text(part, needed=whole is None)

    def write(self, program: TextProgram, start: str) -> None:
        """Add the pairs to *program*, ``&`` between them and *start* before the first that is there."""
        if not self.pairs or self.pairs[0].certain:
            for index, pair in enumerate(self.pairs):
                pair.write(program, "&" if index else start)
            return
        inner = TextProgram()
        for pair in self.pairs:
            pair.write(inner, "&")
        pairs = inner.compiled()

        def started(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> str | Failure:
            text = pairs(inputs, outcomes)
            if not isinstance(text, str):
                return text
            return start + text[1:] if text else ""

        program.read(started)
