"""One operation of an OpenAPI document → a route with one step; or the reason why there is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gateway.config.routes import SERVED_METHODS
from gateway.importing.naming import is_sayable, reference, step_name, unique
from gateway.importing.openapi.parameters import PassedOn, passed_on

if TYPE_CHECKING:
    from gateway.importing.draft import Draft
    from gateway.importing.foreign import At
    from gateway.importing.openapi.document import Document
    from gateway.importing.report import Report

FORM: Final = "application/x-www-form-urlencoded"
_DECODED: Final = frozenset(
    {"application/xml", "text/xml", "application/yaml", "text/yaml", "text/csv", "text/plain", FORM}
    | {"application/x-ndjson"}
)
_PARAMETER: Final = re.compile(r"\{([^{}]+)\}")


class LeftOut(Exception):  # noqa: N818 - `raise LeftOut(...)` says what happens
    """There can be no such route; *at* is what makes it so."""

    def __init__(self, at: At, message: str) -> None:
        super().__init__(message)
        self.at = at


class PassedOnError(Exception):
    """A step cannot say it; the request and its answer are passed on as they come. *at* is why."""

    def __init__(self, at: At, message: str) -> None:
        super().__init__(f"{message}, so it is passed on as it comes")
        self.at = at


class OperationImport:
    """The operation *method* of *path*, on its way into *draft*."""

    def __init__(self, document: Document, path: str, method: str, draft: Draft, report: Report) -> None:
        self._document = document
        self._path = path
        self._method = method
        self._draft = draft
        self._report = report
        self._item = document.resolved(document.root["paths"][path])
        self.at = self._item[method]

    def convert(self) -> None:
        """Add the route, or report why there is none."""
        written = f"{self._method.upper()} {self._path}"
        try:
            if self._method.upper() in SERVED_METHODS:
                self._convert()
            else:
                self._report.changed(self.at, "the gateway answers this method by itself")
        except LeftOut as left_out:
            self._report.left_out(left_out.at, f"{written}: {left_out}")

    def _convert(self) -> None:
        passed = passed_on(self._document, self._item, self.at, self._report)
        pattern = self._pattern(passed, typed=True)
        key = f"{self._method.upper()} {pattern}"
        refusal = self._draft.refusal(key)
        if refusal:
            raise LeftOut(self.at, refusal)
        owner = next((each for each in (self.at, self._item) if each["servers"]), self._document.root)
        upstream = self._draft.upstream(self._document.name, self._document.upstream(owner))
        call = f"{upstream}/{path}" if (path := self._pattern(passed, typed=False)[1:]) else upstream
        summary = {"summary": self.at["summary"].text} if self.at["summary"].text else {}
        try:
            body, (status, decode) = self._body(), self._answers()
        except PassedOnError as passing:
            self._report.changed(passing.at, f"{key}: {passing}")
            self._draft.add(key, summary | {"proxy": _proxy(call, passed)}, self.at)
            return
        names = {each.partition(":")[0] for each in passed.path.values()}
        wanted = self.at["operationId"].text or self._path
        name = unique(step_name(wanted, self._method), names)
        step: dict[str, Any] = {self._method: call} | ({"decode": "auto"} if decode else {})
        step |= {"query": passed.query} if passed.query else {}
        step |= {"headers": passed.headers} if passed.headers else {}
        route = summary | ({"status": status} if status != 200 else {})
        self._draft.add(key, route | {"steps": {name: step | body}, "respond": reference(name)}, self.at)

    def _pattern(self, passed: PassedOn, *, typed: bool) -> str:
        """The path with our names, *typed* for the route, without types for the call."""
        segments = []
        for segment in self._path.removeprefix("/").split("/"):
            match = _PARAMETER.fullmatch(segment)
            if match is None and "{" in segment:
                raise LeftOut(self.at, f"a parameter fills a whole segment here, and `{segment}` is none")
            ours = passed.path.get(match[1], match[1]) if match else ""
            segments.append("{" + (ours if typed else ours.partition(":")[0]) + "}" if match else segment)
        return "/" + "/".join(segments)

    def _body(self) -> dict[str, Any]:
        """What the step sends of the client's body."""
        body = self._document.resolved(self.at["requestBody"])
        types = {name.partition(";")[0].strip().lower(): at for name, at in body["content"].members()}
        if not types:
            return {}
        if any(_is_json(name) for name in types):
            if not body["required"].flag:
                self._report.changed(body, "a body must be there")
            return {"body": "{body}"}
        if FORM in types:
            schema = self._document.resolved(types[FORM]["schema"])
            self._report.changed(types[FORM], "clients send JSON, which goes on as a form")
            names = filter(is_sayable, schema["properties"].keys)
            return {"form": {name: reference("body", name) for name in names}}
        raise PassedOnError(body, f"it takes {' or '.join(types)}")

    def _answers(self) -> tuple[int, bool]:
        """The status of its answers, and whether JSON has to be made of them."""
        answers = [(code, at) for code, at in self.at["responses"].members() if code.startswith("2")]
        for code, written in answers:
            at = self._document.resolved(written)
            types = [name.partition(";")[0].strip().lower() for name in at["content"].keys]
            decode = bool(types) and not any(map(_is_json, types))
            if decode and not any(map(_is_decoded, types)):
                raise PassedOnError(at, f"it answers {' or '.join(types)}")
            if code in {"204", "205"}:
                self._report.changed(written, f"the answer is `null` with status 200, not {code}")
            elif code.isdecimal():
                return int(code), decode
            elif decode:
                return 200, True
        return 200, False


def _proxy(call: str, passed: PassedOn) -> dict[str, Any]:
    """What passes the request on as it comes, with the parameters that the document names."""
    headers = [name for name in passed.headers if name != "cookie"]
    forward = {"headers": headers, "cookies": passed.cookies, "query": list(passed.query)}
    return {"to": call} | ({"forward": some} if (some := {k: v for k, v in forward.items() if v}) else {})


def _is_decoded(name: str) -> bool:
    return name in _DECODED or name.rpartition("+")[2] in {"xml", "yaml"}


def _is_json(name: str) -> bool:
    return name in {"application/json", "*/*", "application/*", "text/json"} or name.endswith("+json")
