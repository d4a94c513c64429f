"""Finds the route of a request: a trie of segments, so the cost depends on the path and not on the table.

Rules of the file (docs/contract.md section 3):
1. A path is split at ``/`` first and each segment is decoded once; what is not UTF-8 is refused.
2. Per segment a literal is tried first, then int, uuid, str, and last path; a dead end is backed out of.
3. The first route of the request's method wins. Only if there is none does it matter why: another method
   (405), a value of another type (400), no such path (404).
4. No path is ever repaired: neither slashes nor case redirect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, Generic, TypeVar

from gateway.edge.path import split_path, usual_spelling
from gateway.edge.pattern import Parameter, ParameterType, Pattern

T = TypeVar("T")

_INT: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})").fullmatch
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").fullmatch


class Match(Generic[T]):
    """A route was found. ``params`` holds the path's values by name: decoded text, ``int`` and ``uuid``
    in canonical form.
    """

    __slots__ = ("params", "target")

    def __init__(self, target: T, params: dict[str, str]) -> None:
        self.target = target
        self.params = params


class Unrouted:
    """No route serves the request: ``status`` is 400, 404 or 405, or 204 if it only asked for ``allow``.

    ``parameter`` and ``message`` name what is wrong with a path (400); ``allow`` are the methods there.
    """

    __slots__ = ("allow", "message", "parameter", "status")

    def __init__(
        self, status: int, *, allow: tuple[str, ...] = (), parameter: str = "", message: str = ""
    ) -> None:
        self.status = status
        self.allow = allow
        self.parameter = parameter
        self.message = message

    def __repr__(self) -> str:
        return f"<Unrouted {self.status}{f' {self.parameter} {self.message}' if self.message else ''}>"


class Conflict:
    """Two routes of one method and shape: which one would answer is not to be guessed."""

    __slots__ = ("existing", "method", "pattern")

    def __init__(self, method: str, existing: Pattern, pattern: Pattern) -> None:
        self.method = method
        self.existing = existing
        self.pattern = pattern

    def __repr__(self) -> str:
        return f"<Conflict {self.method} {self.existing} and {self.method} {self.pattern}>"


_Read = Callable[[str], str | None]


def _read_int(text: str) -> str | None:
    if text.isdecimal() and text.isascii() and text[0] != "0" and len(text) <= 18:
        return text  # nearly all of them, at a third of the cost
    if _INT(text) is None:
        return None
    return text if text != "-0" else "0"


def _read_uuid(text: str) -> str | None:
    return text.lower() if _UUID(text) else None


def _read_str(text: str) -> str | None:
    return text or None


def _read_path(segments: list[str]) -> str | None:
    # An encoded slash inside a segment would become a boundary that the client did not send.
    if any("/" in segment for segment in segments):
        return None
    return "/".join(segments) or None


_READ: Final[dict[ParameterType, _Read]] = {
    ParameterType.INT: _read_int,
    ParameterType.UUID: _read_uuid,
    ParameterType.STR: _read_str,
}
"""Values of one segment, in the order in which they are tried; ``None`` means: not of this type."""

_EXPECTED: Final[dict[Any, str]] = {
    _read_int: "must be an integer of at most 18 digits",
    _read_uuid: "must be a UUID",
    _read_str: "must not be empty",
    _read_path: "must not be empty, nor hold an encoded slash",
}


class _Route(Generic[T]):
    __slots__ = ("names", "pattern", "target")

    def __init__(self, pattern: Pattern, target: T) -> None:
        self.pattern = pattern
        self.target = target
        self.names = tuple(parameter.name for parameter in pattern.parameters)


class _Node(Generic[T]):
    """A place in the trie. ``typed`` holds one child per parameter type with its reader, in order of trying;
    ``rest`` is the end of a path parameter, tried last.
    """

    __slots__ = ("by_method", "literals", "rest", "typed")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[T]] = {}
        self.typed: tuple[tuple[_Read, _Node[T]], ...] = ()
        self.rest: _Node[T] | None = None
        self.by_method: dict[str, _Route[T]] = {}

    def child(self, segment: str | Parameter) -> _Node[T]:
        """The node below *segment*, made if it is not there."""
        if not isinstance(segment, Parameter):
            return self.literals.setdefault(segment, _Node())
        if segment.type is ParameterType.PATH:
            self.rest = self.rest or _Node()
            return self.rest
        children = dict(self.typed)
        made = children.setdefault(_READ[segment.type], _Node())
        self.typed = tuple((read, children[read]) for read in _READ.values() if read in children)
        return made


class Router(Generic[T]):
    """Targets by method and pattern. Filled at start-up, then only read."""

    __slots__ = ("_root", "_static")

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        # Paths without parameters whose usual spelling needs no decoding: one look-up finds them.
        self._static: dict[bytes, _Node[T]] = {}

    def add(self, method: str, pattern: Pattern, target: T) -> Conflict | None:
        """Add a route; a ``Conflict``, and nothing added, if one of its method and shape is there."""
        node = self._root
        for segment in pattern.segments:
            node = node.child(segment)
        existing = node.by_method.get(method)
        if existing is not None:
            return Conflict(method, existing.pattern, pattern)
        node.by_method[method] = _Route(pattern, target)
        if not pattern.parameters:
            self._static[usual_spelling(pattern.text)] = node
        return None

    def match(self, method: str, path: bytes) -> Match[T] | Unrouted:
        """The route for *path* (raw bytes without query and root path, as ``path_of`` gives them)."""
        node = self._static.get(path)
        if node is not None:
            route = node.by_method.get(method)
            if route is not None:
                return Match(route.target, {})
        segments = split_path(path)
        if isinstance(segments, str):
            return Unrouted(400, parameter="path", message=segments)
        values: list[str] = []
        route = _first_try(self._root, method, segments, values)
        if route is None:
            route = _find(self._root, method, segments, 0, values)
        if route is None and method == "HEAD":
            route = _find(self._root, "GET", segments, 0, values)
        if route is None:
            return self._explain(method, segments)
        if len(values) == 1:  # the usual number, at a third of the cost
            return Match(route.target, {route.names[0]: values[0]})
        return Match(route.target, dict(zip(route.names, values, strict=True)))

    def _explain(self, method: str, segments: list[str]) -> Unrouted:
        """Why *segments* have no route of *method*; the slow way, as only refusals take it."""
        methods: dict[str, None] = {}
        mistyped: Unrouted | None = None
        wanted = "GET" if method == "HEAD" else method
        for node, wrong in _ends(self._root, segments, 0):
            if not wrong:
                methods.update(dict.fromkeys(node.by_method))
            elif mistyped is None and wanted in node.by_method:
                index, expected = wrong[0]
                name = node.by_method[wanted].names[index]
                mistyped = Unrouted(400, parameter=name, message=expected)
        if methods:
            allow = _allow(methods)
            return Unrouted(204 if method == "OPTIONS" else 405, allow=allow)
        return mistyped or Unrouted(404)


def _first_try(node: _Node[T], method: str, segments: list[str], values: list[str]) -> _Route[T] | None:
    """The route if the first choice at every segment leads there, as it mostly does; a third of the cost."""
    for segment in segments:
        below = node.literals.get(segment)
        if below is None:
            for read, typed in node.typed:
                value = read(segment)
                if value is not None:
                    values.append(value)
                    below = typed
                    break
            else:
                values.clear()
                return None
        node = below
    route = node.by_method.get(method)
    if route is None:
        values.clear()
    return route


def _find(
    node: _Node[T], method: str, segments: list[str], index: int, values: list[str]
) -> _Route[T] | None:
    """The first route below *node* for the rest of *segments*; its values are added to *values*."""
    if index == len(segments):
        return node.by_method.get(method)
    literal = node.literals.get(segments[index])
    if literal is not None:
        route = _find(literal, method, segments, index + 1, values)
        if route is not None:
            return route
    for read, below in node.typed:
        value = read(segments[index])
        if value is not None:
            values.append(value)
            route = _find(below, method, segments, index + 1, values)
            if route is not None:
                return route
            values.pop()
    route = node.rest.by_method.get(method) if node.rest is not None else None
    rest = _read_path(segments[index:]) if route is not None else None
    if rest is None:
        return None
    values.append(rest)
    return route


_Wrong = tuple[tuple[int, str], ...]
"""Values of the wrong type: their places among a path's parameters, and what they should have been."""


def _ends(
    node: _Node[T], segments: list[str], index: int, wrong: _Wrong = (), seen: int = 0
) -> Iterator[tuple[_Node[T], _Wrong]]:
    """Every end that *segments* would reach if types did not matter, with the values that are wrong."""
    if index == len(segments):
        yield node, wrong
        return
    literal = node.literals.get(segments[index])
    if literal is not None:
        yield from _ends(literal, segments, index + 1, wrong, seen)
    for read, below in node.typed:
        sound = read(segments[index]) is not None
        fault = () if sound else ((seen, _EXPECTED[read]),)
        yield from _ends(below, segments, index + 1, (*wrong, *fault), seen + 1)
    if node.rest is not None:
        sound = _read_path(segments[index:]) is not None
        yield node.rest, wrong if sound else (*wrong, (seen, _EXPECTED[_read_path]))


def _allow(methods: Collection[str]) -> tuple[str, ...]:
    """What the ``Allow`` header lists."""
    return tuple(sorted({*methods, "OPTIONS", *(("HEAD",) if "GET" in methods else ())}))
