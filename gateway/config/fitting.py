"""Do the keys of an upstream, and those of the steps that call it, fit its kind? What does not is a fault.

Worked on the tree, where what was written can be told from what is only a default.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.config.faults import Fault, one_of
from gateway.config.nodes import Entry, Mapping, Scalar
from gateway.config.source_kinds import FORMS, HTTP, SOURCE_KINDS, UPSTREAM_KINDS, SourceKind


def kind_of(upstream: Mapping) -> SourceKind:
    """The kind that the first of an upstream's keys that makes it one does; HTTP if none does."""
    return next(iter(_kinds(upstream)), HTTP)


def fitted_upstream(name: str, upstream: Mapping, faults: list[Fault]) -> Mapping:
    """*upstream* without what does not fit its kind, and with what a brief form stands for."""
    kind = kind_of(upstream)
    dropped = []
    for other in _kinds(upstream)[1:]:
        key, first = _made(other, upstream)[0], _made(kind, upstream)[0]
        places = (upstream.entries[first].place,)
        message = f"`{key}` stands beside `{first}`; an upstream is of one kind"
        faults.append(Fault(upstream.entries[key].place, message, "make two upstreams of it", places))
        dropped += _made(other, upstream)
    for key, entry in upstream.entries.items():
        owners = [each for each in UPSTREAM_KINDS if key in each.settings]
        if owners and kind not in owners:
            message = f"`{key}` is for {_upstreams(owners)}, and `{name}` is {kind.said}"
            faults.append(Fault(entry.place, message, "remove it"))
            dropped.append(key)
    if not kind.connects and "connect_timeout" in upstream.entries:
        message = f"nothing connects to `{name}`, which is {kind.said}"
        faults.append(Fault(upstream.entries["connect_timeout"].place, message, "write `timeout` alone"))
    warm = upstream.get("warm")
    if kind is not HTTP and isinstance(warm, Mapping) and "connections" in warm.entries:
        message = f"connections in advance are for http upstreams, and `{name}` is {kind.said}"
        faults.append(Fault(warm.entries["connections"].place, message, "write warm: { ramp: on } alone"))
    return _spelled_out(kind, upstream.without(dropped))


def inherited(own: Mapping, defaults: dict[str, Entry]) -> dict[str, Entry]:
    """Those of the *defaults* for every upstream that mean something to one of *own*'s kind."""
    kind = kind_of(own)
    foreign = {key for other in UPSTREAM_KINDS for key in other.settings} - kind.settings
    return {key: entry for key, entry in defaults.items() if key not in foreign}


def fit_calls(root: Mapping, faults: list[Fault]) -> None:
    """Tell of the keys of steps that say something else than a call of what they read from.

    *root* is the lowered tree: every step names its upstream, whatever its call form was.
    """
    upstreams = root.get("upstreams")
    if not isinstance(upstreams, Mapping):
        return
    kinds = {
        name: kind_of(entry.value)
        for name, entry in upstreams.entries.items()
        if isinstance(entry.value, Mapping)
    }
    for step in _steps(root):
        name = step.get("upstream")
        if isinstance(name, Scalar) and isinstance(name.value, str) and name.value in kinds:
            _fit_call(step, name, kinds[name.value], faults)


def misplaced(key: str) -> str:
    """A hint for a step with *key* and without upstream."""
    owners = [kind for kind in UPSTREAM_KINDS if key in kind.calls and key not in FORMS]
    if not owners:
        return ""
    return f"`{key}` needs `upstream` beside it" + (f", {owners[0].said}" if owners[0] is not HTTP else "")


def beside_inline(key: str) -> bool:
    """Whether *key* says what a call is, so that it cannot stand in a step that needs no upstream."""
    return key == "upstream" or any(key in kind.calls for kind in SOURCE_KINDS)


def _fit_call(step: Mapping, upstream: Scalar, kind: SourceKind, faults: list[Fault]) -> None:
    before = len(faults)
    told: list[list[SourceKind]] = []
    for key, entry in step.entries.items():
        owners = [each for each in UPSTREAM_KINDS if key in each.calls]
        if owners and kind not in owners and owners not in told:
            told.append(owners)  # a verb has become several keys, and is wrong once
            written = key
            if key == "method" and isinstance(entry.value, Scalar):
                written = entry.value.source.lower()
            message = f"`{written}` is for {_upstreams(owners)}, and `{upstream.value}` is {kind.said}"
            faults.append(Fault(entry.place, message, f"write `{kind.example}`"))
    if len(faults) == before and kind.needs and not any(key in step.entries for key in kind.needs):
        message = f"{one_of(kind.needs)} is missing: `{upstream.value}` is {kind.said}"
        faults.append(Fault(upstream.place, message, f"write `{kind.example}`"))


def _steps(root: Mapping) -> Iterable[Mapping]:
    routes = root.get("routes")
    for route in routes.entries.values() if isinstance(routes, Mapping) else ():
        steps = route.value.get("steps") if isinstance(route.value, Mapping) else None
        for step in steps.entries.values() if isinstance(steps, Mapping) else ():
            if isinstance(step.value, Mapping):
                yield step.value
                undo = step.value.get("undo")
                if isinstance(undo, Mapping):
                    yield undo


def _kinds(upstream: Mapping) -> list[SourceKind]:
    """All kinds that its keys make it, in the order in which they are written."""
    makers = {key: kind for kind in UPSTREAM_KINDS for key in kind.made_by}
    return list(dict.fromkeys(makers[key] for key in upstream.entries if key in makers))


def _made(kind: SourceKind, node: Mapping) -> list[str]:
    return [key for key in kind.made_by if key in node.entries]


def _upstreams(kinds: list[SourceKind]) -> str:
    *most, last = [kind.name for kind in kinds]
    return f"{', '.join(most)} and {last} upstreams" if most else f"{last} upstreams"


def _spelled_out(kind: SourceKind, upstream: Mapping) -> Mapping:
    """``postgres: text`` is short for a mapping of the one key that text can mean."""
    entry = upstream.entries.get(kind.name)
    if not kind.brief or entry is None or not isinstance(entry.value, Scalar) or entry.value.value is None:
        return upstream
    value = Mapping(entry.place, {kind.brief: Entry(entry.place, entry.value)})
    return upstream.replaced({**upstream.entries, kind.name: Entry(entry.place, value)})
