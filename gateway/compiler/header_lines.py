"""Compiles the header templates of a step into one block of lines; a header without a value is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeGuard

from gateway.compiler.names import Names, Use, Where
from gateway.compiler.references import TemplateFault
from gateway.compiler.render_text import Part, TextProgram, certain, demand_text, needed_text, optional_text
from gateway.transport.escaping import header_fault, is_token

FORBIDDEN: Final = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "te",
        "trailer",
        "upgrade",
        "keep-alive",
        "expect",
        "traceparent",
        "x-request-id",
    }
)
"""Headers that belong to the connection or to the gateway (docs/contract.md section 3)."""

_END: Final = "\r\n"


class HeadersTemplate:
    """The headers of a step, names in lower case; ``faults`` has all that is wrong, under (headers, name)."""

    def __init__(self, names: Names, headers: Mapping[str, Any]) -> None:
        self.faults: list[TemplateFault] = []
        self._lines: dict[str, tuple[Part, ...]] = {}
        for name, value in headers.items():
            try:
                self._add(names, name.lower(), value)
            except TemplateFault as fault:
                self.faults.append(fault.under("headers", name))

    def _add(self, names: Names, name: str, value: Any) -> None:
        if not is_token(name):
            raise TemplateFault(f"`{name}` is not a valid header name")
        if name in FORBIDDEN:
            raise TemplateFault(f"`{name}` is set by the gateway itself", hint="remove it")
        if name in self._lines:
            raise TemplateFault(f"`{name}` stands here twice")
        parts = names.read(value, Where.STEP)
        for part in parts:
            if isinstance(part, str):
                fault = header_fault(part)
                if fault is not None:
                    raise TemplateFault(f"the text {fault}")
            else:
                demand_text(part, header_fault, needed=len(parts) > 1)
                if part.slot is not None and not part.ref.functions:
                    part.slot.header_safe = True
        self._lines[name] = parts

    @property
    def names(self) -> frozenset[str]:
        """The header names, in lower case."""
        return frozenset(self._lines)

    @property
    def certain(self) -> frozenset[str]:
        """Those that are never left out; known once all templates of the route are resolved."""
        return frozenset(name for name, parts in self._lines.items() if not _may_be_left_out(parts))

    @property
    def uses(self) -> list[Use]:
        """The references in them."""
        return [part for parts in self._lines.values() for part in parts if isinstance(part, Use)]

    def write(self, program: TextProgram) -> None:
        """Add all lines to *program*."""
        for name, parts in self._lines.items():
            if _may_be_left_out(parts):
                program.read(optional_text(parts[0], str, header_fault, before=f"{name}: ", after=_END))
                continue
            program.text(f"{name}: ")
            for part in parts:
                if isinstance(part, str):
                    program.text(part)
                else:
                    program.read(needed_text(part, str, header_fault))
            program.text(_END)


def _may_be_left_out(parts: tuple[Part, ...]) -> TypeGuard[tuple[Use]]:
    return len(parts) == 1 and isinstance(parts[0], Use) and not certain(parts[0])
