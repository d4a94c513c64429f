"""Renders text with references in it: one program of ready pieces and reads, joined per request.

Rules of the file:
1. What a program puts together is already escaped for its place; the place brings the function for it.
2. What a client sent was checked at the edge; here only what a step answered, or what went through functions,
   can be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gateway.compiler.names import Use
from gateway.compiler.reads import skipped, text_read
from gateway.compiler.references import TemplateFault
from gateway.edge.values import PLAIN
from gateway.outcome import Failure, Outcome

Render = Callable[[Sequence[Any], Sequence[Outcome | None]], str | Failure]
Refusal = Callable[[str], str | None]
"""Why a text must not stand in a place; ``None`` if it may."""

Part = str | Use


class TextProgram:
    """Collects pieces; ``compiled`` makes one render function of them."""

    def __init__(self) -> None:
        self._parts: list[str] = [""]
        self._reads: list[tuple[int, Render]] = []

    def text(self, text: str) -> None:
        """Add ready text."""
        self._parts[-1] += text

    def read(self, render: Render) -> None:
        """Add what *render* gives."""
        self._reads.append((len(self._parts), render))
        self._parts += ["", ""]

    @property
    def constant(self) -> str | None:
        """The text, if there is nothing to read."""
        return None if self._reads else self._parts[0]

    def compiled(self) -> Render:
        """The function that renders it all; the first failure of a piece is its result."""
        parts, reads = self._parts, self._reads
        if not reads:
            constant = parts[0]
            return lambda _inputs, _outcomes: constant
        if len(reads) == 1:
            return _around(parts[0], reads[0][1], parts[2])

        def render(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> str | Failure:
            filled = parts.copy()
            for position, read in reads:
                text = read(inputs, outcomes)
                if text.__class__ is not str:
                    return text
                filled[position] = text
            return "".join(filled)

        return render


def _around(before: str, read: Render, after: str) -> Render:
    if not before and not after:
        return read

    def render(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> str | Failure:
        text = read(inputs, outcomes)
        return before + text + after if text.__class__ is str else text

    return render


def certain(use: Use) -> bool:
    """Whether there is a text whenever the step is called at all (known once all templates are resolved)."""
    if use.ref.default is not None and use.ref.default.text is not None:
        return True
    if use.ref.functions:
        return False
    return use.slot is not None and use.slot.required and not use.ref.many


def check_text(use: Use, refusal: Refusal | None = None, *, needed: bool) -> None:
    """Check that *use*, and its default, can be written as text. Raises ``TemplateFault``.

    *needed*: there must be a text (a path, or longer text); elsewhere ``null`` as default leaves it out.
    """
    ref = use.ref
    if use.slot is None and use.step is None:
        raise TemplateFault("`{steps}` is an object and cannot be written as text", ref.offset)
    if ref.gives == "list":
        raise TemplateFault(
            "a list cannot be written as one text", ref.offset, "lists: whole query values, JSON"
        )
    if ref.default is None:
        return
    text = ref.default.text
    if text is None and (needed or ref.default.json != b"null"):
        raise TemplateFault(f"the default `{ref.default.json.decode()}` has no form as text", ref.offset)
    fault = refusal(text) if refusal is not None and text is not None else None
    if fault is not None:
        raise TemplateFault(f"the default {fault}", ref.offset)


def demand_text(use: Use, refusal: Refusal | None = None, *, needed: bool) -> None:
    """``check_text``, and note on the input what standing in a step as text demands of it."""
    check_text(use, refusal, needed=needed)
    if use.slot is not None:
        use.slot.text = use.slot.text or not use.ref.functions or use.ref.takes == "text"
        use.slot.required = use.slot.required or (needed and use.ref.default is None)


def needed_text(use: Use, write: Callable[[str], str], refusal: Refusal | None = None) -> Render:
    """A piece that must be there: without its value the result is ``Failure(skipped)``."""
    read, slot = text_read(use), use.slot
    plain = slot is not None and slot.final_type in PLAIN and slot.root != "body"
    if plain and use.ref.default is None and not use.ref.functions:
        return read  # type: ignore[return-value]  # the edge saw to it that there is a value
    written = _writing(use, write, refusal)

    def render(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> str | Failure:
        text = read(inputs, outcomes)
        if not isinstance(text, str):
            return skipped(use, "is missing") if text is None else text
        return written(text)

    return render


def optional_text(
    use: Use, write: Callable[[str], str], refusal: Refusal | None = None, before: str = "", after: str = ""
) -> Render:
    """A piece that is left out, with *before* and *after*, if its value is missing."""
    read = text_read(use)
    written = _writing(use, lambda text: before + write(text) + after, refusal)

    def render(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> str | Failure:
        text = read(inputs, outcomes)
        if not isinstance(text, str):
            return "" if text is None else text
        return written(text)

    return render


def _writing(
    use: Use, write: Callable[[str], str], refusal: Refusal | None
) -> Callable[[str], str | Failure]:
    if refusal is None or (use.slot is not None and not use.ref.functions):
        return write
    if use.local is not None:
        use.local.checked = True

    def written(text: str) -> str | Failure:
        fault = refusal(text)
        return write(text) if fault is None else skipped(use, fault)

    return written


def json_text(parts: Sequence[Part]) -> Render:
    """Longer text inside a JSON string: unescaped, for the whole string is encoded at its end."""
    program = TextProgram()
    for part in parts:
        if isinstance(part, str):
            program.text(part)
        else:
            program.read(needed_text(part, str))
    return program.compiled()
