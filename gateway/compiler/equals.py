"""Which steps of a route might make equal calls; the others need not be asked, and go the shortest way.

Only what can be known at start-up counts: segments of the path, constant parts of the query and headers. In
doubt two steps might, which costs a look and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.compiler.identity import UNSHARED, has_identity
from gateway.compiler.references import Ref, TemplateFault, parse_template
from gateway.config import StepSpec

Segment = list[str | Ref]


def steps_with_equals(steps: Mapping[str, StepSpec], types: Mapping[str, str]) -> frozenset[str]:
    """The steps whose call another of the same route might make as well, whatever is asked.

    *types* are those of the route's path parameters. A step whose cache has a key of its own has no equals.
    """
    several = {name for name, type_ in types.items() if type_ == "path"}
    candidates = [
        (name, step)
        for name, step in steps.items()
        if has_identity(step.method, step.repeatable) and (step.cache is None or step.cache.key is None)
    ]
    return frozenset(
        name
        for name, step in candidates
        if any(other is not step and _may_be_equal(step, other, several) for _, other in candidates)
    )


def _may_be_equal(one: StepSpec, other: StepSpec, several: set[str]) -> bool:
    if (one.upstream, one.method, one.nothing_on) != (other.upstream, other.method, other.nothing_on):
        return False
    try:
        return (
            _paths_fit(_segments(one.path), _segments(other.path), several)
            and _pairs_fit(one.query, other.query)
            and _pairs_fit(other.query, one.query)
            and _pairs_fit(_lines(one), _lines(other))
            and _pairs_fit(_lines(other), _lines(one))
        )
    except TemplateFault:  # told where the template is read
        return True


def _segments(path: str) -> list[Segment]:
    """The pieces between slashes, each of text and references."""
    segments: list[Segment] = [[]]
    for part in parse_template(path).parts:
        if isinstance(part, Ref):
            segments[-1].append(part)
            continue
        first, *others = part.split("/")
        segments[-1].append(first)
        segments += [[piece] for piece in others]
    return segments


def _paths_fit(one: list[Segment], other: list[Segment], several: set[str]) -> bool:
    ends = [len(path) - 1 if _is_several(path[-1], several) else len(path) for path in (one, other)]
    fit = all(map(_segment_fits, one[: min(ends)], other[: min(ends)]))
    return fit and (len(one) == len(other) or ends != [len(one), len(other)])


def _is_several(segment: Segment, several: set[str]) -> bool:
    """Whether it may come out as more than one: a parameter of the type path keeps its slashes."""
    return any(isinstance(part, Ref) and (part.type == "path" or part.name in several) for part in segment)


def _segment_fits(one: Segment, other: Segment) -> bool:
    ours, theirs = _text(one), _text(other)
    if ours is not None and theirs is not None:
        return ours == theirs
    before = [_text(segment[:1]) or "" for segment in (one, other)]
    return before[0].startswith(before[1]) or before[1].startswith(before[0])


def _text(parts: Segment) -> str | None:
    """The text, if there is no reference in it."""
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else None


def _lines(step: StepSpec) -> list[tuple[str, str]]:
    lines = [(name.lower(), value) for name, value in step.headers.items()]
    return [(name, value) for name, value in lines if name.encode() not in UNSHARED]


def _pairs_fit(ours: Iterable[tuple[str, str]], theirs: Iterable[tuple[str, str]]) -> bool:
    """Whether for each of our pairs that never changes they have one that may be the same."""
    values: dict[str, list[str | None]] = {}
    for name, value in theirs:
        values.setdefault(name, []).append(parse_template(str(value)).constant)
    for name, value in ours:
        constant = parse_template(str(value)).constant
        if constant is not None and not {constant, None} & set(values.get(name, ())):
            return False
    return True
