"""The shape of a step or a route: its spec → one function from document to document; or its faults.

What is done in which order is the order of the fields of ``config.shaping.ShapeSpec``; this file says what
each of them is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from gateway.compiler.references import TemplateFault, constant_text
from gateway.compiler.words import written
from gateway.config import Fault
from gateway.config.shaping import WHOLE, JoinSpec, written_in
from gateway.outcome import Failure
from gateway.shaping import lists, members
from gateway.shaping.path import Path, PathFault, parse_path
from gateway.shaping.pick import Picked, picking, picking_bytes
from gateway.shaping.program import Shape, Whole, shape_of, shaped_outcome
from gateway.shaping.select import selecting

if TYPE_CHECKING:
    from gateway.config import Places
    from gateway.config.shaping import Shaped, ShapeSpec
    from gateway.layers.shape import Shaping
    from gateway.plan.model import Merge, Scope
    from gateway.shaping.members import Operation

T = TypeVar("T")

Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ShapeFault:
    """What is wrong with a shape: under *path*, in its key if ``in_key``, ``offset`` characters in.

    ``width`` is that of what is wrong, 0 for all that follows.
    """

    path: Where
    message: str
    hint: str
    offset: int = 0
    width: int = 0
    in_key: bool = False


class ShapeTemplate:
    """The stages of one shape, read but not yet joined. ``faults`` has all that is wrong with them.

    ``words`` tell people what is done, a line for each stage.
    """

    def __init__(self, spec: Shaped) -> None:
        self.faults: list[ShapeFault] = []
        self.words: list[str] = []
        self._operations: list[Operation | Whole] = []
        for path, stage in spec.stages:
            self._operations += list(_Stage(stage, path, self.faults).operations())
            self.words.append(_words(stage))

    def placed_faults(self, places: Places, path: Where) -> Iterator[Fault]:
        """Its faults where they stand in a file; *path* leads to what the shape belongs to."""
        for fault in self.faults:
            where = (*path, *fault.path)
            while not places.source(where) and (where[-1] == WHOLE or isinstance(where[-1], int)):
                where = where[:-1]  # one value in place of a list or a mapping
            place = places.key(where) if fault.in_key else places.place(where)
            text = str(fault.path[-1]) if fault.in_key else places.source(where)
            found = place.narrowed(text[fault.offset :])
            if found is not place and fault.width:
                found = replace(found, width=fault.width)
            yield Fault(found, fault.message, fault.hint)

    def compiled(self) -> Shape | None:
        """The shape; ``None`` if there is none. Only without faults."""
        return shape_of(self._operations) if self._operations else None

    def of_step(self) -> Shaping | None:
        """The same for what a step answered; ``None`` if there is none. Only without faults."""
        shape = self.compiled()
        return shaped_outcome(shape) if shape is not None else None

    def of_answer(self, merge: Merge) -> Merge:
        """*merge*, whose answers are shaped."""
        shape = self.compiled()
        if shape is None:
            return merge

        def shaped(scope: Scope) -> bytes | Failure:
            body = merge(scope)
            return body if isinstance(body, Failure) else shape(body)

        return shaped


class _Stage:
    """Reads one stage, key by key; each of its methods is named after its key."""

    def __init__(self, spec: ShapeSpec, path: Where, faults: list[ShapeFault]) -> None:
        self._spec = spec
        self._at = path
        self._faults = faults

    def operations(self) -> Iterator[Operation | Whole]:
        """What is done, in order. What is at fault is left out."""
        for key in written_in(self._spec):
            made = getattr(self, f"_{key}")(getattr(self._spec, key))
            yield from (one for one in made if one is not None)

    def _select(self, expression: str) -> Iterator[Whole | None]:
        yield self._do(("select",), lambda text: Whole(selecting(text)), self._text(("select",), expression))

    def _unwrap(self, text: str) -> Iterator[Operation | None]:
        yield self._do(("unwrap",), members.unwrap, self._path(("unwrap",), text))

    def _flatten(self, texts: Iterable[str]) -> Iterator[Operation | None]:
        for index, text in enumerate(texts):
            yield self._do(("flatten", index), lists.flatten, self._path(("flatten", index), text))

    def _join(self, joins: Mapping[str, JoinSpec]) -> Iterator[Operation | None]:
        for text, spec in joins.items():
            at = ("join", text)
            parts = (
                self._key(at, text),
                self._path((*at, "lookup"), spec.lookup),
                self._keys_of_both((*at, "on"), spec.on),
                self._name((*at, "into"), spec.into),
            )
            yield self._do((*at, "lookup"), partial(lists.join, many=spec.many), *parts)

    def _keys_of_both(self, at: Where, on: Mapping[str, str]) -> list[tuple[Path, Path]] | None:
        pairs = [
            (
                self._do((*at, ours), lists.element_key, self._key((*at, ours), ours), in_key=True),
                self._do((*at, ours), lists.element_key, self._path((*at, ours), theirs)),
            )
            for ours, theirs in on.items()
        ]
        found = [(one, other) for one, other in pairs if one is not None and other is not None]
        return found if len(found) == len(pairs) else None

    def _sort(self, sorts: Mapping[str, Sequence[str]]) -> Iterator[Operation | None]:
        for text, keys in sorts.items():
            by = [self._sort_key(("sort", text, index), key) for index, key in enumerate(keys)]
            known = [one for one in by if one is not None]
            path = self._key(("sort", text), text)
            yield self._do(("sort", text), lists.sort, path, known if len(known) == len(by) else None)

    def _sort_key(self, at: Where, text: str) -> tuple[Path, bool] | None:
        descending = text.startswith("-")
        path = self._do(at, lists.element_key, self._path(at, text.removeprefix("-"), int(descending)))
        return None if path is None else (path, descending)

    def _limit(self, limits: Mapping[str, int]) -> Iterator[Operation | None]:
        for text, most in limits.items():
            yield self._do(("limit", text), lists.limit, self._key(("limit", text), text), most)

    def _pick(self, texts: Sequence[str]) -> Iterator[Operation | Whole | None]:
        parts = Picked()
        paths = [self._path(("pick", index), text) for index, text in enumerate(texts)]
        for index, path in enumerate(paths):
            self._do(("pick", index), parts.add, path)
        parts.settle()
        # As bytes where the type does the work: nothing comes after it, or it goes below the first level.
        deep = any(len(path.keys) > 1 for path in paths if path is not None)
        as_bytes = parts.uniform and (deep or written_in(self._spec)[-1] == "pick")
        if not self._faults:
            yield Whole(picking_bytes(parts)) if as_bytes else picking(parts)

    def _omit(self, texts: Sequence[str]) -> Iterator[Operation | None]:
        omitting = members.Omitting()
        for index, text in enumerate(texts):
            self._do(("omit", index), omitting.add, self._path(("omit", index), text))
        yield omitting

    def _move(self, moves: Mapping[str, str]) -> Iterator[Operation | None]:
        for text, target in moves.items():
            at = ("move", text)
            yield self._do(at, members.move, self._key(at, text), self._path(at, target))

    def _append(self, appends: Mapping[str, str]) -> Iterator[Operation | None]:
        for text, target in appends.items():
            at = ("append", text)
            yield self._do(at, lists.append, self._key(at, text), self._path(at, target))

    def _rename(self, names: Mapping[str, str]) -> Iterator[Operation | None]:
        renaming = members.Renaming()
        for text, name in names.items():
            at = ("rename", text)
            self._do(at, renaming.add, self._key(at, text), self._name(at, name), in_key=True)
        yield renaming

    def _set(self, values: Mapping[str, Any]) -> Iterator[Operation | None]:
        for text, value in values.items():
            at = ("set", text)
            yield self._do(at, members.constant, self._key(at, text), self._constant(at, value), in_key=True)

    def _constant(self, at: Where, value: Any) -> msgspec.Raw | None:
        """The JSON of a constant; text in it is written as in templates, but refers to nothing."""
        try:
            return msgspec.Raw(msgspec.json.encode(_constant(value)))
        except TemplateFault as fault:
            hint = fault.hint or "what depends on the request belongs into `respond`"
            at = (*self._at, *at, *fault.path)
            self._faults.append(ShapeFault(at, fault.message, hint, fault.offset))
            return None

    def _group(self, groups: Mapping[str, str]) -> Iterator[Operation | None]:
        for text, by in groups.items():
            at = ("group", text)
            key = self._do(at, lists.element_key, self._path(at, by))
            yield self._do(at, lists.group, self._key(at, text), key)

    def _wrap(self, text: str) -> Iterator[Operation | None]:
        yield self._do(("wrap",), members.wrap, self._path(("wrap",), text))

    def _text(self, at: Where, text: str) -> str | None:
        """*text*, unless something from the environment is in it: that is never structure."""
        if not hasattr(text, "template"):
            return text
        message = "a variable cannot stand in what says how a document is shaped"
        self._faults.append(ShapeFault((*self._at, *at), message, "write the text itself"))
        return None

    def _path(self, at: Where, text: str, skipped: int = 0) -> Path | None:
        """The path that *text* says; it begins *skipped* characters into what is written."""
        return self._do(at, parse_path, self._text(at, text), skipped=skipped)

    def _key(self, at: Where, text: str) -> Path | None:
        """The path that is a key of a mapping."""
        return self._do(at, parse_path, text, in_key=True)

    def _name(self, at: Where, text: str) -> str | None:
        """The one name that *text* says."""
        path = self._path(at, text)
        if path is None or (len(path.keys) == 1 and isinstance(path.keys[0], str)):
            return None if path is None else str(path.keys[0])
        hint = "`move` puts a part somewhere else; other names are written `['so']`"
        self._faults.append(ShapeFault((*self._at, *at), "a new name is one name, not a path", hint))
        return None

    def _do(
        self, at: Where, make: Callable[..., T], *given: Any, in_key: bool = False, skipped: int = 0
    ) -> T | None:
        """What *make* makes of what is *given*; ``None`` if that was at fault already, or now is."""
        if any(one is None for one in given):
            return None
        try:
            return make(*given)
        except PathFault as fault:
            at = (*self._at, *at)
            offset = fault.offset + skipped
            self._faults.append(ShapeFault(at, fault.message, fault.hint, offset, fault.width, in_key))
            return None


def _constant(value: Any) -> Any:
    """*value* with its texts read as templates without references. Raises ``TemplateFault``."""
    if isinstance(value, dict):
        return {key: _under(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_under(index, inner) for index, inner in enumerate(value)]
    return constant_text(value, "a constant") if isinstance(value, str) else value


def _under(key: str | int, value: Any) -> Any:
    try:
        return _constant(value)
    except TemplateFault as fault:
        raise fault.under(key) from None


def _words(stage: ShapeSpec) -> str:
    """What a stage does, as its author wrote it."""
    return "; ".join(f"{key} {_said(getattr(stage, key))}" for key in written_in(stage))


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = [_said(inner) if key == WHOLE else f"{key}: {_said(inner)}" for key, inner in value.items()]
        return ", ".join(pairs)
    if isinstance(value, tuple):
        return ", ".join(map(written, value))
    if isinstance(value, JoinSpec):
        same = " and ".join(f"{ours} = {theirs}" for ours, theirs in value.on.items())
        return f"{'all' if value.many else 'the first'} of {value.lookup} with {same} as {value.into}"
    return written(value) if isinstance(value, str) else msgspec.json.encode(value).decode()
