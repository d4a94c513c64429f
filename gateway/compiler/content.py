"""Compiles what a step sends as its body: ``json``, ``form`` or ``body``, each with its content type.

``body`` is text without references, or one reference: to JSON (a step, the client's body), sent as this
JSON, or to text (path, query, header, cookie), sent as this text. A request part that is the whole body is
required.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from gateway.compiler.names import Names, Use, Where
from gateway.compiler.pairs import PairsTemplate
from gateway.compiler.reads import NULL, Read, json_read
from gateway.compiler.references import TemplateFault
from gateway.compiler.render_json import JsonTemplate
from gateway.compiler.render_text import Render, TextProgram, demand_text, needed_text
from gateway.outcome import Failure, Outcome

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
TEXT: Final = "text/plain; charset=utf-8"


class ContentTemplate:
    """The body of a step; *kind* is json, form or body and *value* what stands under this key.

    ``type`` is its content type, ``uses`` the references in it, ``faults`` all that is wrong, each under its
    path, which begins with *kind*.
    """

    def __init__(self, names: Names, kind: str, value: Any) -> None:
        self.faults: list[TemplateFault] = []
        self.uses: list[Use] = []
        self.type = {"json": JSON, "form": FORM}.get(kind, TEXT)
        self._value: JsonTemplate | PairsTemplate | Use | bytes = b""
        if kind == "json":
            self._value = JsonTemplate(names, value, Where.STEP)
            self.faults = [fault.under(kind) for fault in self._value.faults]
            self.uses = self._value.uses
        elif kind == "form":
            self._value = PairsTemplate(names, value.items(), kind, lists=False)
            self.faults, self.uses = self._value.faults, self._value.uses
        else:
            try:
                self._read_body(names, value)
            except TemplateFault as fault:
                self.faults.append(fault.under(kind))

    def _read_body(self, names: Names, text: Any) -> None:
        parts = names.read(text, Where.STEP)
        self.uses = [part for part in parts if isinstance(part, Use)]
        if not self.uses:
            self._value = "".join(map(str, parts)).encode()
            return
        use = self._value = self.uses[0]
        if len(parts) > 1:
            raise TemplateFault(
                "`body` is one reference, or text without any", use.ref.offset, "build JSON under `json:`"
            )
        if _is_json(use):
            self.type = JSON
            if use.slot is not None:
                use.slot.required = use.slot.required or use.ref.default is None
        else:
            demand_text(use, needed=True)

    def compiled(self) -> Read[bytes]:
        """The function that renders the body."""
        value = self._value
        if isinstance(value, bytes):
            return lambda _inputs, _outcomes: value
        if isinstance(value, JsonTemplate):
            return value.body()
        if isinstance(value, PairsTemplate):
            program = TextProgram()
            value.write(program, "")
            return _encoding(program.compiled())
        return _encoding(needed_text(value, str)) if self.type == TEXT else _json(value)


def _is_json(use: Use) -> bool:
    """Whether what is sent is JSON; else it is text."""
    if use.ref.functions:
        return use.ref.gives != "text"
    return use.slot is None or use.slot.root == "body"


def _encoding(render: Render) -> Read[bytes]:
    def encode(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> bytes | Failure:
        text = render(inputs, outcomes)
        return text.encode() if isinstance(text, str) else text

    return encode


def _json(use: Use) -> Read[bytes]:
    read = json_read(use)

    def render(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> bytes | Failure:
        value = read(inputs, outcomes)
        return NULL if value is None else value

    return render
