"""Compiles the call of a step: the templates of its path, query, headers and body into one ``prepare``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.compiler.content import ContentTemplate
from gateway.compiler.header_lines import HeadersTemplate
from gateway.compiler.names import Edges, Names, Use
from gateway.compiler.pairs import PairsTemplate
from gateway.compiler.reads import Read
from gateway.compiler.references import TemplateFault
from gateway.compiler.render_text import Render, TextProgram
from gateway.compiler.target import PathTemplate
from gateway.outcome import Failure
from gateway.plan.model import Prepare, Scope
from gateway.transport.exchange import Request


class RequestTemplate:
    """The HTTP call of one step, its templates read and resolved but not yet compiled.

    *path* is the text behind ``upstream/``, *query* has pairs of name and value template, *content* is
    ``("json" | "form" | "body", value)``. ``faults`` has all that is wrong, each under a path that begins
    with path, query, headers, json, form or body. ``edges`` are the steps it reads. Compile only without
    faults, and when every template of the route has been read (a type written in one place holds in all).
    """

    def __init__(
        self,
        names: Names,
        method: str,
        path: str,
        query: Iterable[tuple[str, Any]] = (),
        headers: Mapping[str, Any] | None = None,
        content: tuple[str, Any] | None = None,
    ) -> None:
        self.method = method
        self.faults: list[TemplateFault] = []
        self._path: PathTemplate | None = None
        try:
            self._path = PathTemplate(names, path)
        except TemplateFault as fault:
            self.faults.append(fault.under("path"))
        self._query = PairsTemplate(names, query, "query", lists=True)
        self._headers = HeadersTemplate(names, headers or {})
        self._content = ContentTemplate(names, *content) if content is not None else None
        self.faults += self._query.faults + self._headers.faults
        if self._content is not None:
            self.faults += self._content.faults

    def always_sends(self, header: str) -> bool:
        """Whether every call carries *header* (in lower case); known once all templates are resolved."""
        return header in self._headers.certain

    @property
    def uses(self) -> list[Use]:
        """All references in it."""
        in_path = self._path.uses if self._path is not None else []
        in_content = self._content.uses if self._content is not None else []
        return [*in_path, *self._query.uses, *self._headers.uses, *in_content]

    @property
    def edges(self) -> Edges:
        """The steps it needs, and those it only awaits."""
        return Edges.of(self.uses)

    def compiled(self, base_path: str = "") -> Prepare:
        """The step's ``prepare``; *base_path* is the path of the upstream's url as it stands there."""
        assert self._path is not None, "compiled in spite of faults"
        target = TextProgram()
        self._path.write(target, base_path)
        self._query.write(target, "?")
        lines = TextProgram()
        if self._content is not None and "content-type" not in self._headers.names:
            lines.text(f"content-type: {self._content.type}\r\n")
        self._headers.write(lines)
        body = self._content.compiled() if self._content is not None else None
        headers = lines.compiled()
        if body is None and lines.constant is not None:
            return _bare(self.method, target.compiled(), lines.constant.encode("latin-1"))
        return _full(self.method, target.compiled(), headers, body)


def _bare(method: str, target: Render, headers: bytes) -> Prepare:
    """Most calls: only the target depends on the request."""

    def prepare(scope: Scope) -> Request | Failure:
        rendered = target(scope.inputs, scope.outcomes)
        if not isinstance(rendered, str):
            return rendered
        return Request(method, rendered.encode(), headers)

    return prepare


def _full(method: str, target: Render, headers: Render, body: Read[bytes] | None) -> Prepare:
    def prepare(scope: Scope) -> Request | Failure:
        inputs, outcomes = scope.inputs, scope.outcomes
        rendered = target(inputs, outcomes)
        if not isinstance(rendered, str):
            return rendered
        lines = headers(inputs, outcomes)
        if not isinstance(lines, str):
            return lines
        content = b"" if body is None else body(inputs, outcomes)
        if not isinstance(content, bytes):
            assert content is not None, "a body renders to bytes or to a failure"
            return content
        return Request(method, rendered.encode(), lines.encode("latin-1"), content)

    return prepare
