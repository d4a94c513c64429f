"""Compiles the path of a step: text and values, segment by segment, appended to the upstream's base path.

Rules of the file (docs/contract.md section 3):
1. A value is text of one segment; only a ``path`` keeps its slashes, and it stands alone at the end.
2. A finished segment is never ``.`` or ``..``, however many pieces it is made of. Only a segment whose own
   text is nothing but dots can become one, so only those are looked at when filled: by the edge if they
   are filled from the request alone, here if a step fills them too, or a function.
3. The author's own text is sent as written, ``%XX`` included; only what no path can carry is encoded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, unquote

from gateway.compiler.names import Names, Use, Where
from gateway.compiler.reads import skipped
from gateway.compiler.references import TemplateFault, shown
from gateway.compiler.render_text import Part, Render, TextProgram, demand_text, needed_text
from gateway.edge.inputs import Filled
from gateway.outcome import Failure, Outcome
from gateway.transport.escaping import DOTS, encoded, encoded_path, path_fault, segment_fault

_KEPT: Final = "!$&'()*+,;=:@%~"
"""What an author may write in a segment as it stands (RFC 3986: pchar)."""

_unsendable = re.compile(r"[?#\\\x00-\x1f\x7f-\x9f]|%(?![0-9A-Fa-f]{2})").search

Segment = tuple[Part, ...]


class PathTemplate:
    """The path of a step; ``uses`` are the references in it. Raises ``TemplateFault``."""

    def __init__(self, names: Names, text: str) -> None:
        parts = names.read(text, Where.STEP)
        self.uses = [part for part in parts if isinstance(part, Use)]
        self._segments = _split(parts)
        if len(self._segments) > 1 and not self._segments[0]:
            raise TemplateFault(
                "a path is appended to the upstream's url", 0, "write it without the leading `/`"
            )
        for index, segment in enumerate(self._segments):
            self._check(segment, text, last=index == len(self._segments) - 1)
            if _may_be_dots(segment) and not any(map(_is_late, _uses(segment))):
                names.table.finished.append(tuple(_fillable(part) for part in segment))

    @staticmethod
    def _check(segment: Segment, text: str, *, last: bool) -> None:
        for part in segment:
            if isinstance(part, str):
                unsendable = _unsendable(part)
                if unsendable:
                    raise TemplateFault(
                        f"{shown(unsendable.group())} cannot stand in a path",
                        max(str(text).find(unsendable.group()), 0),
                        "parameters are written under `query:`"
                        if unsendable.group() == "?"
                        else "encode it as `%XX`",
                    )
            elif _keeps_slashes(part):
                if not last or len(segment) > 1:
                    raise TemplateFault("a path stands alone, at the end", part.ref.offset)
                demand_text(part, path_fault, needed=True)
                _mark(part, "segments")
            else:
                demand_text(part, segment_fault, needed=True)
                _mark(part, "segment")
        if not _uses(segment) and unquote("".join(map(str, segment))) in DOTS:
            raise TemplateFault("a segment of dots cannot stand in a path", max(str(text).find("."), 0))

    def write(self, program: TextProgram, base_path: str) -> None:
        """Add the whole path to *program*; an empty one is the base path itself."""
        if self._segments == [()]:
            program.text(base_path or "/")
            return
        program.text(base_path.rstrip("/"))
        for segment in self._segments:
            program.text("/")
            if _may_be_dots(segment) and any(map(_is_late, _uses(segment))):
                program.read(_not_dots(segment))
                continue
            for part in segment:
                if isinstance(part, str):
                    program.text(quote(part, safe=_KEPT))
                elif _keeps_slashes(part):
                    program.read(needed_text(part, encoded_path, path_fault))
                else:
                    program.read(needed_text(part, encoded, segment_fault))


def _split(parts: Sequence[Part]) -> list[Segment]:
    segments: list[list[Part]] = [[]]
    for part in parts:
        if isinstance(part, str):
            first, *others = part.split("/")
            segments[-1] += [first] if first else []
            segments += [[other] if other else [] for other in others]
        else:
            segments[-1].append(part)
    return [tuple(segment) for segment in segments]


def _uses(segment: Segment) -> list[Use]:
    return [part for part in segment if isinstance(part, Use)]


def _keeps_slashes(use: Use) -> bool:
    """A type is part of how a value is written here, so only the one in sight counts (or the route's own)."""
    if use.ref.type is not None:
        return use.ref.type == "path"
    return use.slot is not None and use.slot.root == "path" and use.slot.type == "path"


def _is_late(use: Use) -> bool:
    """Whether its text is known only when it is written: a step's, or one that goes through functions."""
    return use.slot is None or bool(use.ref.functions)


def _mark(use: Use, flag: str) -> None:
    if use.slot is not None and not use.ref.functions:
        setattr(use.slot, flag, True)


def _may_be_dots(segment: Segment) -> bool:
    """Whether the values can make ``.`` or ``..`` of it: not if it holds any other text, or a number."""
    uses = _uses(segment)
    text = unquote("".join(part for part in segment if isinstance(part, str)))
    return bool(uses) and text in {"", ".", ".."} and not any(_keeps_slashes(use) for use in uses)


def _fillable(part: Part) -> str | Filled:
    if isinstance(part, str):
        return unquote(part)
    assert part.slot is not None
    default = part.ref.default
    return Filled(part.slot.index, default.text if default else None)


def _not_dots(segment: Segment) -> Render:
    """A segment with a step's value in it, refused if it comes out as dots."""
    program = TextProgram()
    for part in segment:
        if isinstance(part, str):
            program.text(unquote(part))
        else:
            program.read(needed_text(part, str, segment_fault))
    whole = program.compiled()
    blamed = next(filter(_is_late, _uses(segment)))

    def render(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> str | Failure:
        text = whole(inputs, outcomes)
        if not isinstance(text, str):
            return text
        return skipped(blamed, "makes a path segment of dots") if text in DOTS else encoded(text)

    return render
