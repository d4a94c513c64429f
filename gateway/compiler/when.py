"""Reads the condition under which a step is called: ``when: "{user.tier} == 'gold' and not {query.basic}"``.

    condition = all { "or" all }        all = one { "and" one }
    one       = "not" one | "exists" reference | "(" condition ")" | operand [ comparison ]
    comparison = ("==" | "!=" | "<" | "<=" | ">" | ">=") operand | ["not"] "in" operand
    operand   = "{" reference "}" | literal | "[" literal { "," literal } "]"

What holds when is said in ``comparing``. A reference is an edge, as everywhere: without default its step must
answer before this is decided. A number is asked of a text input by its type, ``{query.page:int}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gateway.compiler.comparing import (
    Compare,
    Constant,
    Exists,
    Inside,
    Node,
    Not,
    Several,
    deciding,
    is_number,
)
from gateway.compiler.cursor import Cursor, TemplateFault, shown
from gateway.compiler.names import ROOTS, Names, Use, Where
from gateway.compiler.references import parse_reference

if TYPE_CHECKING:
    from gateway.plan.model import Scope

_BLANKS = re.compile(r"[ \t\r\n]*")
_SIGN = re.compile(r"==|!=|<=|>=|<|>")
MAX_DEPTH: Final = 50
"""Parentheses and ``not`` within each other."""

_WORDS: Final = ("and", "or", "not", "in", "exists", "true", "false", "null")


class Condition:
    """The ``when:`` of one step, its references resolved. Raises ``TemplateFault``.

    *written* is its text, or a boolean (which is how a variable of the environment decides).
    """

    def __init__(self, names: Names, written: str | bool) -> None:  # noqa: FBT001 - the configuration's value
        self.uses: list[Use] = []
        self._node: Node = Constant(written)
        if isinstance(written, bool):
            return
        if hasattr(written, "template"):
            hint = 'a variable decides alone: when: "${NAME:-false}"'
            raise TemplateFault("a variable cannot stand inside a condition", 0, hint)
        parser = _Parser(names, written)
        self._node = parser.whole()
        self.uses = parser.uses

    def compiled(self) -> Callable[[Scope], bool]:
        """Whether the step is called. Only when all templates of the route have been read."""
        decide = deciding(self._node)

        def chosen(scope: Scope) -> bool:
            return bool(decide(scope.inputs, scope.outcomes))

        return chosen


class _Parser(Cursor):
    """Reads one condition; every reader leaves the cursor behind the blanks that follow."""

    def __init__(self, names: Names, text: str) -> None:
        super().__init__(text)
        self.uses: list[Use] = []
        self._names = names
        self._depth = 0

    def whole(self) -> Node:
        """The whole text as one condition."""
        self.take(_BLANKS)
        if self.at == len(self.text):
            raise TemplateFault("an empty condition", 0, "write a reference, or a comparison")
        node = self._any()
        if self.at < len(self.text):
            raise self._unexpected("`and` or `or`")
        return node

    def _any(self) -> Node:
        parts = [self._all()]
        while self._eat_word("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Several(every=False, parts=tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while self._eat_word("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Several(every=True, parts=tuple(parts))

    def _one(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.fault("the condition is nested too deep")
        node = self._single()
        self._depth -= 1
        return node

    def _single(self) -> Node:
        if self._eat_word("not"):
            return Not(self._one())
        if self._eat_word("exists"):
            if not self.text.startswith("{", self.at):
                raise self._unexpected("a reference", "write exists {name}")
            return Exists(self._reference())
        if self._eat_sign("("):
            inner = self._any()
            if not self._eat_sign(")"):
                raise self._unexpected("`)`")
            return inner
        return self._comparison()

    def _comparison(self) -> Node:
        left = self._operand()
        sign = self.take(_SIGN)
        if sign is not None:
            self.take(_BLANKS)
            right = self._operand()
            _check(left, right)
            _check(right, left)
            return Compare(sign.group(), left, right)
        before, negated = self.at, self._eat_word("not")
        if not self._eat_word("in"):
            self.at = before
            return left
        start, right = self.at, self._operand()
        if isinstance(right, Constant) and not isinstance(right.value, list):
            raise TemplateFault("`in` looks into a list", start, "write in ['a', 'b']")
        for item in right.value if isinstance(right, Constant) else ():
            _check(left, Constant(item))
        return Not(Inside(left, right)) if negated else Inside(left, right)

    def _operand(self) -> Use | Constant:
        return self._reference() if self.text.startswith("{", self.at) else Constant(self._constant())

    def _reference(self) -> Use:
        ref, self.at = parse_reference(self.text, self.at + 1)
        use = self._names.resolve(ref, Where.STEP)
        self.uses.append(use)
        self.take(_BLANKS)
        return use

    def _constant(self) -> Any:
        literal = self.literal()
        if literal is not None:
            self.take(_BLANKS)
            return msgspec.json.decode(literal.json)
        if not self._eat_sign("["):
            raise self._no_operand()
        items: list[Any] = []
        while not self._eat_sign("]"):
            if items and not self._eat_sign(","):
                raise self._unexpected("`,` or `]`")
            literal = self.literal()
            if literal is None:
                raise self._no_operand()
            items.append(msgspec.json.decode(literal.json))
            self.take(_BLANKS)
        return items

    def _eat_word(self, word: str) -> bool:
        found = self.word() == word
        if found:
            self.at += len(word)
            self.take(_BLANKS)
        return found

    def _eat_sign(self, sign: str) -> bool:
        found = self.eat(sign)
        if found:
            self.take(_BLANKS)
        return found

    def _no_operand(self) -> TemplateFault:
        word = self.word()
        if word in {*self._names.steps, *self._names.path, *ROOTS}:
            return self._unexpected("a value", f"references stand in braces: {{{word}…}}")
        close = get_close_matches(word, _WORDS, 1) if word else []
        hint = "texts stand in single quotes, references in braces"
        return self._unexpected("a value", f"did you mean `{close[0]}`?" if close else hint)

    def _unexpected(self, wanted: str, hint: str = "") -> TemplateFault:
        if self.at >= len(self.text):
            return TemplateFault(f"expected {wanted} at the end", len(self.text) - 1, hint)
        found = f"`{self.word()}`" if self.word() else shown(self.text[self.at])
        return self.fault(f"expected {wanted}, not {found}", hint)


def _check(node: Node, other: Node) -> None:
    """A comparison that never holds: of a text that the client sends with a number or boolean."""
    if not isinstance(node, Use) or not isinstance(other, Constant) or node.slot is None:
        return
    slot, ref, value = node.slot, node.ref, other.value
    if slot.root == "body" or ref.many or ref.functions or slot.type not in {None, "str"}:
        return
    if isinstance(value, bool) or is_number(value):
        kind = "bool" if isinstance(value, bool) else "int"
        message = f"`{ref.text}` is a text, and never a {'boolean' if kind == 'bool' else 'number'}"
        raise TemplateFault(message, ref.offset, f"write {{{ref.text}:{kind}}}")
