"""Compiles ``for_each`` and ``batch`` of a step: from one scope to a call per item, or to a key of a batch.

Rules of the file:
1. ``{item}`` and ``{keys}`` are read like steps that answered; their values lie behind those of the steps.
2. Which calls may share a batch is found by rendering one with a key that stands for all: what else differs
   between two calls, credentials included, shows in it or in what names it (docs/contract.md section 3).
3. A key never harms the others of its batch: one that could not be asked for alone is skipped, and so is one
   that holds what keys are joined by, as it cannot be told from two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from gateway.compiler.identity import encoded
from gateway.compiler.names import ITEM, Local, Names, Use, Where
from gateway.compiler.reads import NULL, json_read, skipped
from gateway.compiler.references import TemplateFault, parse_template
from gateway.compiler.render_text import demand_text
from gateway.layers.batch import Keyed
from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.plan.each import Item
from gateway.plan.fields import items, text_of

if TYPE_CHECKING:
    from gateway.compiler.references import Ref
    from gateway.config import BatchSpec, ForEachSpec, StepSpec
    from gateway.plan.model import Identify, Prepare, Scope

KEYS: Final = "keys"
"""The root of a step with ``batch``: what all its calls ask for."""

_ANY_KEYS: Final = (b'"-"', b"0", b'"00000000-0000-0000-0000-000000000000"', b"true")
"""What stands for all keys: the first of these that has the type the call asks for, if it asks for one."""

_JOINT: Final = ","


class ItemScope:
    """What the templates of one item read: the request, the steps, and the names of its own."""

    __slots__ = ("inputs", "outcomes")

    def __init__(self, inputs: Sequence[Any], outcomes: list[Outcome | None]) -> None:
        self.inputs = inputs
        self.outcomes = outcomes


_Payload = Callable[[ItemScope, dict[str, Any]], Any]
"""Renders the payload of one call; the mapping is for what all calls of one list have in common."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """How the calls of a step are rendered and named: ``prepare`` makes a payload, ``identify`` names equal
    calls, ``group`` those that are equal but for what tells their keys. ``None``: they cannot be equal.
    """

    prepare: Prepare
    identify: Identify | None
    group: Identify | None


class ListTemplate:
    """``for_each`` and ``batch`` of one step, read and resolved but not yet compiled.

    ``names`` are what the templates of its call may name, ``outer`` the same but for what is gathered.
    ``uses`` are the references of its own, ``faults`` all that is wrong, each under its path in the step.
    """

    def __init__(self, names: Names, step: StepSpec) -> None:
        self.faults: list[TemplateFault] = []
        self.uses: list[Use] = []
        self._each, self._batch = step.for_each, step.batch
        self._item = Local(ITEM, len(names.steps))
        self._keys = Local(KEYS, len(names.steps) + 1, joins=True)
        inside = [self._item] if self._each is not None else []
        if self._each is not None:
            self._read(("for_each", "of"), partial(_list_use, names, self._each))
        self.outer = names.within(*inside)
        if self._batch is not None:
            self._read(("batch", "key"), partial(_key_use, self.outer, self._batch))
            self.faults += _misnamed(names, self._each)
            inside.append(self._keys)
        self.names = names.within(*inside)

    def _read(self, path: tuple[str, str], read: Callable[[], Use]) -> None:
        try:
            self.uses.append(read())
        except TemplateFault as fault:
            self.faults.append(fault.under(*path))

    def check(self, uses: Iterable[Use], *, shareable: bool) -> Iterable[TemplateFault]:
        """What is wrong with a call whose templates have these *uses*."""
        if self._batch is None:
            return
        if not shareable:
            hint = "only GET and HEAD are, and reads that say repeatable: true"
            message = "`batch` is for calls that can be equal, and this one cannot"
            yield TemplateFault(message, 0, hint, ("batch",))
        if not any(use.local is self._keys for use in uses):
            hint = "write `{keys}` where it says what it asks for, such as `?ids={keys}`"
            yield TemplateFault("the call does not say which keys it asks for", 0, hint, ("batch",))

    def compiled(self, rendering: Rendering, uses: Iterable[Use]) -> tuple[Prepare, Identify | None]:
        """The step's ``prepare`` and ``identify``; *uses* are those of its call's templates."""
        payload: _Payload = lambda scope, _: rendering.prepare(scope)  # noqa: E731 - one of two of a kind
        identify = rendering.identify
        if self._batch is not None:
            per_item = any(use.local is self._item for use in uses)
            payload = self._keyed(
                rendering, [use for use in uses if use.local is self._keys], per_item=per_item
            )
            identify = identifying_keys(identify)
        if self._each is None:
            return _alone(payload), identify
        # What a list's own call is named by is asked by nobody; a name gives it the siblings of its request.
        return self._itemized(payload, identify), None if identify is None else lambda *_: b"items"

    def _itemized(self, payload: _Payload, identify: Identify | None) -> Prepare:
        use, each, index = self.uses[0], self._each, self._item.index
        assert each is not None, "there is a list"
        read, most = json_read(use), each.max_items

        def prepare(scope: Scope) -> list[Item] | Failure:
            elements = _elements(read(scope.inputs, scope.outcomes), use)
            if isinstance(elements, Failure):
                return elements
            if len(elements) > most:
                return Failure(Cause.TOO_LARGE, f"{use} has {len(elements)} items, `max_items` is {most}")
            inside = ItemScope(scope.inputs, [*scope.outcomes, None, None])
            common: dict[str, Any] = {}
            made = []
            for element in elements:
                inside.outcomes[index] = Success(bytes(element))
                rendered = payload(inside, common)
                failed = identify is None or rendered.__class__ is Failure
                made.append(Item(rendered, None if failed else identify(inside, rendered)))  # type: ignore[misc]
            return made

        return prepare

    def _keyed(self, rendering: Rendering, uses: Sequence[Use], *, per_item: bool) -> _Payload:
        use, batch = self.uses[-1], self._batch
        assert batch is not None, "there is a batch"
        read, gathering = json_read(use), _gathering(rendering, batch, self._keys.index)
        optional = use.ref.default is not None and use.ref.default.json == NULL
        joints = _joints(uses, as_text=self._keys.as_text)
        risky = self._keys.checked or any(each.ref.type or each.ref.functions for each in uses)

        def payload(scope: ItemScope, common: dict[str, Any]) -> Keyed | Failure:
            key = read(scope.inputs, scope.outcomes)
            if isinstance(key, Failure):
                return key
            if key is None or key == NULL:
                return Keyed(None, "", b"", _nothing) if optional else skipped(use, "is missing")
            text = text_of(key)
            if text is None:
                return skipped(use, "is an object or array, not a key")
            if any(joint in text for joint in joints):
                return skipped(use, "holds what keys are joined by here")
            gathered = None if per_item else common.get(KEYS)
            if gathered is None:
                gathered = common[KEYS] = gathering(scope)
            if isinstance(gathered, Failure):
                return gathered
            group, render = gathered
            alone = render([key]) if risky else None
            return alone if isinstance(alone, Failure) else Keyed(key, text, group, render)

        return payload


def _joints(uses: Iterable[Use], *, as_text: bool) -> frozenset[str]:
    """What stands between keys where they become one text, be it by a function's separator."""
    joints = {_JOINT} if as_text else set()
    for use in uses:
        for function, arguments in use.ref.functions:
            if (function.takes, function.gives) == ("list", "text"):
                joints |= {str(argument) for argument in arguments} or {_JOINT}
    return frozenset(joints - {""})


def identifying_keys(named: Identify | None) -> Identify:
    """Names calls that ask for the same key in the same batch, and are the same for *named* too."""

    def identify(scope: Scope, payload: Any) -> bytes | None:
        keyed: Keyed = payload
        if keyed.key is None:
            return None
        asked = keyed.group + keyed.text.encode("utf-8", "surrogatepass")  # of which the first has one length
        if named is None:
            return sha256(asked).digest()
        name = named(scope, payload)
        return None if name is None else sha256(encoded([name, asked])).digest()

    return identify


def _gathering(
    rendering: Rendering, batch: BatchSpec, keys: int
) -> Callable[[ItemScope], tuple[bytes, Callable[[Sequence[bytes]], Any]] | Failure]:
    """From the scope of a call to the name of its batch, and what renders that from its keys."""
    prepare, group_of = rendering.prepare, rendering.group
    assert group_of is not None, "calls that share a batch can be equal"
    settings = repr((batch.by, batch.at, batch.error, batch.many)).encode()

    def gather(scope: ItemScope) -> tuple[bytes, Callable[[Sequence[bytes]], Any]] | Failure:
        own = ItemScope(scope.inputs, scope.outcomes.copy())

        def render(wanted: Sequence[bytes]) -> Any:
            own.outcomes[keys] = Success(b"[" + b",".join(wanted) + b"]")
            return prepare(own)

        samples = (render([key]) for key in _ANY_KEYS)
        sample = next((each for each in samples if not isinstance(each, Failure)), None)
        if sample is None:
            failure: Failure = render([_ANY_KEYS[0]])
            return failure
        group = group_of(own, sample)
        if group is None:
            return Failure(Cause.SKIPPED, "what tells its batch from others did not answer")
        return sha256(encoded([group, settings])).digest(), render

    return gather


def _alone(payload: _Payload) -> Prepare:
    """A batch's key of a step that makes one call."""
    return lambda scope: payload(ItemScope(scope.inputs, [*scope.outcomes, None, None]), {})


def _elements(value: Any, use: Use) -> Sequence[Any] | Failure:
    if isinstance(value, Failure):
        return value
    if value is None or value == NULL:
        return skipped(use, "is missing")
    found = items(value)
    return skipped(use, "is not a list") if found is None else found


def _nothing(_: Sequence[bytes]) -> Any:
    raise AssertionError("nothing is asked for without a key")


def _reference(text: str, key: str, what: str) -> Ref:
    ref = parse_template(text).whole
    if ref is None:
        hint = f"write `{{{text}}}`" if "{" not in text else ""
        raise TemplateFault(f"`{key}` is one reference to {what}", 0, hint)
    return ref


def _list_use(names: Names, each: ForEachSpec) -> Use:
    ref = _reference(each.of, "for_each", "a list")
    if ref.name in names.path:
        raise TemplateFault(f"the path parameter `{ref.name}` is one text, not a list", ref.offset)
    if ref.functions and ref.gives == "text":
        raise TemplateFault("what its functions give is a text, not a list", ref.offset)
    use = names.resolve(ref if ref.functions else replace(ref, many=True), Where.STEP)
    slot = use.slot
    if slot is not None:
        slot.required = slot.required or ref.default is None
    if slot is not None and not ref.functions:
        slot.most = each.max_items if slot.most is None else min(slot.most, each.max_items)
    return use


def _key_use(names: Names, batch: BatchSpec) -> Use:
    use = names.resolve(_reference(batch.key, "key", "what is asked for"), Where.STEP)
    demand_text(use, needed=use.ref.default is None)
    return use


def _misnamed(names: Names, each: ForEachSpec | None) -> Iterable[TemplateFault]:
    if KEYS in names.path or KEYS in names.steps:
        what = "a path parameter" if KEYS in names.path else "a step"
        message = f"`{KEYS}` is {what} of this route, and what a batch asks for"
        yield TemplateFault(message, 0, "call it differently", ("batch",))
    if each is not None and each.concurrency != type(each).concurrency:
        message = "with `batch` all items are asked for at once, so `concurrency` bounds nothing"
        yield TemplateFault(message, 0, "remove it", ("for_each", "concurrency"))
