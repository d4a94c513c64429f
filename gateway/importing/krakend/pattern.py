"""KrakenD's paths with placeholders: an endpoint's path → our pattern, a ``url_pattern`` → our call.

KrakenD replaces ``{name}`` in the raw URL, anywhere; names ignore the case of their first letter. Ours are
whole segments of a route's path, and values of one place in a call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.importing.naming import name_of, reference, unique

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_OF_A_STEP: Final = re.compile(r"[Rr]esp([0-9]+)(?:_(.+))?")


class Uncarried(Exception):  # noqa: N818 - `raise Uncarried(...)` says what happens
    """Something of a path that has no counterpart; the message says what."""


@dataclass(frozen=True, slots=True)
class Names:
    """What placeholders mean: *parameters* of the endpoint by KrakenD's name, and its *steps* in order,
    ``None`` for a backend that became none.
    """

    parameters: Mapping[str, str]
    steps: Sequence[str | None] = ()

    def template(self, text: str) -> tuple[str, list[int]]:
        """*text* with our references, and which steps it reads. Raises `Uncarried`."""
        read: list[int] = []

        def filled(match: re.Match[str]) -> str:
            name = match[1]
            if _folded(name) in self.parameters:
                return reference(self.parameters[_folded(name)])
            of_a_step = _OF_A_STEP.fullmatch(name)
            if of_a_step is None:
                raise Uncarried(f"nothing here is called `{{{name}}}`")
            index = int(of_a_step[1])
            step = self.steps[index] if index < len(self.steps) else None
            if step is None:
                raise Uncarried(f"`{{{name}}}` reads a backend that is not there")
            read.append(index)
            return reference(step, *(of_a_step[2] or "").split(".")) if of_a_step[2] else reference(step)

        return _PLACEHOLDER.sub(filled, text), read


def route_pattern(path: str) -> tuple[str, dict[str, str]]:
    """Our pattern for an endpoint's *path*, and its parameters by KrakenD's names. Raises `Uncarried`."""
    names: dict[str, str] = {}
    segments: list[str] = []
    for segment in path.removeprefix("/").split("/"):
        match = _PLACEHOLDER.fullmatch(segment)
        if match is None:
            if "{" in segment or segment.startswith((":", "*")):
                raise Uncarried(f"a parameter fills a whole segment here, and `{segment}` is none")
            segments.append(segment)
            continue
        name = unique(name_of(match[1], "parameter"), names.values())
        names[_folded(match[1])] = name
        segments.append(f"{{{name}}}")
    return "/" + "/".join(segments), names


def called_path(pattern: str, names: Names) -> tuple[str, list[int]]:
    """``path?query`` of a ``url_pattern`` with our references, and the steps it reads. Raises `Uncarried`."""
    path, mark, query = pattern.removeprefix("/").partition("?")
    if "#" in pattern:
        raise Uncarried("a fragment is never sent")
    # A `+` in a query is a blank to servers; ours would be sent as %2B, which is a plus.
    pairs = [pair for pair in query.replace("+", "%20").split("&") if pair]
    if any("{" in pair.partition("=")[0] for pair in pairs):
        raise Uncarried("the name of a query parameter is never filled in")
    return names.template(path + (mark if pairs else "") + "&".join(pairs))


def call_of(upstream: str, path: str) -> str:
    """``upstream/path?query`` of a *path* that may be empty, or a query alone."""
    return f"{upstream}/{path}" if path and path[0] != "?" else f"{upstream}{path}"


def _folded(name: str) -> str:
    return name[:1].lower() + name[1:]
