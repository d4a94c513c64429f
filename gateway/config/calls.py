"""The ways to write a step's call → the one form that `StepSpec` has.

get: "users/{id}?full=1"                           the short form, query headers json form body beside it
get: { upstream: users, path: "{id}" }             the long form
upstream: users, method: GET, path: "{id}"         the form with the keys side by side, as other kinds have
value: { any: JSON }                               a step that is a source itself; likewise file, python
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.config.braces import cut, outside, percent_decoded
from gateway.config.faults import Fault, Place, did_you_mean
from gateway.config.fitting import beside_inline, misplaced
from gateway.config.lists import short_for_each
from gateway.config.nodes import Entry, Mapping, Node, Scalar, Sequence, broken
from gateway.config.source_kinds import CONTENT_KEYS, FORMS, INLINE_KINDS, TARGET_KEYS, UPSTREAM_KINDS, VERBS

_BODIES = ("json", "form", "body")
_EXAMPLE = "write `get: upstream/path`"


def lowered_step(step: Mapping, name: Entry, faults: list[Fault]) -> Mapping:
    """*step* with its call spelled as method, upstream, path, query pairs, headers and one body."""
    step = _Step(short_for_each(step), name.place, faults).lowered()
    undo = step.entries.get("undo")
    if undo is None or not isinstance(undo.value, Mapping):
        return step
    call = _Step(undo.value, undo.place, faults).lowered()
    idle = [key for kind in INLINE_KINDS for key in kind.made_by if key in call.entries]
    faults += [Fault(call.entries[key].place, f"`{key}` makes no call, so it undoes nothing") for key in idle]
    return step.replaced({**step.entries, "undo": Entry(undo.place, call)})


class _Step:
    def __init__(self, step: Mapping, place: Place, faults: list[Fault]) -> None:
        self.step = step
        self.place = place
        self.faults = faults
        self.call: dict[str, Entry] = {}
        self.pairs: list[Node] = []
        self.unreadable = False

    def lowered(self) -> Mapping:
        form = next((key for key in FORMS if key in self.step.entries), None)
        if form is not None:
            return self.without_upstream(form, FORMS[form].calls)
        before = len(self.faults)
        self.read_target()
        self.read_query()
        self.read_texts()
        self.check_bodies()
        rest = self.step.without((*VERBS, *TARGET_KEYS, *CONTENT_KEYS)).entries
        if self.unreadable or len(self.faults) > before:
            # What could not be read has been told; the model must not ask for it again.
            hidden = ("upstream", "method", "path")
            self.call = {key: Entry(self.place, broken(self.place)) for key in hidden} | self.call
        return self.step.replaced({**self.call, **rest})

    def fault(self, place: Place, message: str, hint: str = "", also: Iterable[Place] = ()) -> None:
        self.faults.append(Fault(place, message, hint, tuple(also)))

    def without_upstream(self, form: str, calls: frozenset[str]) -> Mapping:
        """The step, with a fault for all that says another call than *form* does."""
        entries = self.step.entries
        extra = [key for key in entries if beside_inline(key) and key not in calls]
        for key in extra:
            message = f"`{key}` stands beside `{form}`; a step makes one call, written in one form"
            self.fault(entries[key].place, message, "", [entries[form].place])
        return self.step.without(extra)

    def read_target(self) -> None:
        entries = self.step.entries
        verbs = [key for key in entries if key in VERBS]
        targets = [key for key in entries if key in TARGET_KEYS]
        self.call = {key: entries[key] for key in (*TARGET_KEYS, *CONTENT_KEYS) if key in entries}
        for extra in [*verbs[1:], *(targets if verbs else ())]:
            message = f"`{extra}` stands beside `{verbs[0]}`; a step makes one call, written in one form"
            self.fault(entries[extra].place, message, "", [entries[verbs[0]].place])
        if not verbs and "upstream" not in entries:
            self.tell_missing_call()
        elif not verbs and isinstance(path := self.step.get("path"), Scalar):
            self.call["path"] = Entry(entries["path"].place, self.path(path))
        elif len(verbs) == 1 and not targets:
            verb = entries[verbs[0]]
            self.call["method"] = Entry(verb.place, Scalar(verb.place, verbs[0].upper(), verbs[0].upper()))
            self.read_verb(verbs[0], verb.value)

    def tell_missing_call(self) -> None:
        """No verb and no upstream; a typo is told by the model, which knows all keys."""
        self.unreadable = True
        known = {key for kind in UPSTREAM_KINDS for key in kind.calls} - {*VERBS}
        unknown = [key for key in self.step.entries if key not in known]
        if not any(did_you_mean(key, (*VERBS, "upstream")) for key in unknown):
            hints = [hint for hint in map(misplaced, self.step.entries) if hint]
            self.fault(self.place, "this step makes no call", hints[0] if hints else _EXAMPLE)

    def read_verb(self, verb: str, value: Node) -> None:
        if isinstance(value, Mapping):
            self.read_long_form(verb, value)
        elif isinstance(value, Scalar) and isinstance(value.value, str):
            self.read_short_form(value, value.value)
        elif not isinstance(value, Scalar) or value.value is None or isinstance(value.value, int | float):
            self.fault(value.place, f"`{verb}` takes `upstream/path?query` or a mapping", _EXAMPLE)

    def read_long_form(self, verb: str, form: Mapping) -> None:
        known = ("upstream", "path", *CONTENT_KEYS)
        for key, entry in form.entries.items():
            if key not in known:
                hint = f"`{verb}` is the method" if key == "method" else did_you_mean(key, known)
                self.fault(entry.place, f"unknown key `{key}` in `{verb}`", hint)
            elif key in self.call and key in self.step.entries:
                message = f"`{key}` stands beside `{verb}: {{ … }}`"
                self.fault(self.step.entries[key].place, message, "move it inside", [entry.place])
            else:
                self.call[key] = entry
        if "upstream" not in form.entries:
            self.fault(form.place, f"`upstream` is missing in `{verb}`")
        path = form.get("path")
        if isinstance(path, Scalar):
            self.call["path"] = Entry(form.entries["path"].place, self.path(path))

    def read_short_form(self, node: Scalar, target: str) -> None:
        start = node.place
        if "://" in outside(target):
            hint = "name it under `upstreams:` and write `name/path`; the target is never made from a request"
            self.fault(start, "a call names its upstream, not a URL", hint)
        elif target.startswith("/"):
            self.fault(
                start,
                "which upstream? A call begins with its name",
                "write `upstream/path` without the first slash",
            )
        elif "#" in outside(target):
            self.fault(start, "a fragment is never sent to an upstream", "write %23 for the character itself")
        else:
            address, *query = cut(target, "?", 1)
            upstream, *path = cut(address, "/", 1)
            if "{" in upstream.replace("${", ""):
                self.fault(start, "the upstream is never a template", _EXAMPLE)
            where = Entry(start, _piece(node, upstream))
            self.call["upstream"] = where
            self.call["path"] = Entry(start, _piece(node, path[0] if path else ""))
            if query:
                self.read_short_query(node, query[0])

    def read_short_query(self, node: Scalar, query: str) -> None:
        for part in cut(query, "&"):
            name, *value = cut(part, "=", 1)
            if not part or not name:
                self.fault(node.place, "an empty parameter in the query", "remove the extra `&` or `?`")
                continue
            if "{" in name.replace("${", ""):
                self.fault(node.place.narrowed(name), "the name of a query parameter is never a template")
                continue
            try:
                texts = [percent_decoded(text) for text in (name, value[0] if value else "")]
            except UnicodeDecodeError:
                self.fault(node.place.narrowed(part), "the %-escapes in this query are not UTF-8")
                continue
            pair = [Scalar(_piece(node, part).place, text, text, verbatim=True) for text in texts]
            self.pairs.append(Sequence(pair[0].place, tuple(pair)))

    def path(self, node: Scalar) -> Scalar:
        """The long forms' path: without its first slash; a query or a fragment in it is a fault."""
        if not isinstance(node.value, str):
            return node
        literal = outside(node.value)
        if "?" in literal:
            self.fault(node.place, "a path has no query", "move it to `query: { name: value }`")
        elif "#" in literal:
            self.fault(
                node.place, "a fragment is never sent to an upstream", "write %23 for the character itself"
            )
        return Scalar(node.place, node.source, node.value.removeprefix("/"), verbatim=True)

    def read_query(self) -> None:
        query = self.call.pop("query", None)
        if query is not None and not isinstance(query.value, Mapping):
            self.call["query"] = Entry(query.place, broken(query.place))
            self.fault(query.value.place, "`query` is a mapping of names to values", "write { name: value }")
            return
        given = {
            pair.items[0].value: pair
            for pair in self.pairs
            if isinstance(pair, Sequence) and isinstance(pair.items[0], Scalar)
        }
        if query is not None and isinstance(query.value, Mapping):
            for name, entry in query.value.entries.items():
                if name in given:
                    self.fault(
                        entry.place, f"`{name}` is in the call's own query too", "", [given[name].place]
                    )
                values = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
                for value in values:
                    key = Scalar(entry.place, name, name, verbatim=True)
                    self.pairs.append(Sequence(value.place, (key, as_text(value))))
        if self.pairs:
            place = query.place if query else self.pairs[0].place
            self.call["query"] = Entry(place, Sequence(place, tuple(self.pairs)))

    def read_texts(self) -> None:
        for key in ("headers", "form"):
            if key in self.call:
                entry = self.call[key]
                self.call[key] = Entry(entry.place, texts(entry.value))
        if "body" in self.call:
            entry = self.call["body"]
            self.call["body"] = Entry(entry.place, as_text(entry.value))
        headers = self.call.get("headers")
        if headers is not None:
            check_header_names(headers.value, self.faults)

    def check_bodies(self) -> None:
        given = [key for key in _BODIES if key in self.call]
        for extra in given[1:]:
            places = [self.call[given[0]].place]
            self.fault(self.call[extra].place, f"`{extra}` and `{given[0]}` exclude each other", "", places)


def texts(node: Node) -> Node:
    """A mapping whose values are text, as they are written: ``limit: 5`` is "5", ``x: 1.50`` is "1.50"."""
    if not isinstance(node, Mapping):
        return node
    return node.replaced({key: Entry(e.place, as_text(e.value)) for key, e in node.entries.items()})


def as_text(node: Node) -> Node:
    """A number or boolean as the text it was written with; everything else as it is."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str | int | float):
        return node
    value = node.value if isinstance(node.value, str) else node.source
    return Scalar(node.place, node.source, value, verbatim=True)


def check_header_names(node: Node, faults: list[Fault]) -> None:
    """Two headers whose names differ only in case are one header given twice."""
    seen: dict[str, Place] = {}
    for name, entry in node.entries.items() if isinstance(node, Mapping) else ():
        if name.lower() in seen:
            faults.append(Fault(entry.place, f"header `{name}` stands here twice", "", (seen[name.lower()],)))
        seen.setdefault(name.lower(), entry.place)


def _piece(node: Scalar, text: str) -> Scalar:
    """A part of a value, placed where it stands in the line."""
    return Scalar(node.place.narrowed(text), text, text, verbatim=True)
