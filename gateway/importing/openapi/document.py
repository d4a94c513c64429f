"""An OpenAPI document as the import reads it: references followed, its server, its name."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from gateway.config.addresses import url
from gateway.importing.draft import Variable
from gateway.importing.foreign import At, UnreadableError
from gateway.importing.naming import name_of
from gateway.importing.report import Report

_LONGEST_CHAIN: Final = 20
"""References that lead to references; more of them is a circle."""

_UNKNOWN: Final = "http://127.0.0.1:8000"
"""Where a service is thought to be whose document does not say."""


class Document:
    """One document. Raises `UnreadableError` if it is no OpenAPI 3."""

    def __init__(self, root: At, report: Report) -> None:
        self.root = root
        self._report = report
        self._upstreams: dict[int, dict[str, Any]] = {}
        if root["swagger"]:
            raise UnreadableError(f"{root.place}: this is Swagger 2: convert it to OpenAPI 3 first")
        if not str(root["openapi"].value or "").startswith("3."):
            raise UnreadableError(f"{root.place}: this is no OpenAPI document of version 3")

    @property
    def name(self) -> str:
        """What to call its upstream."""
        title = re.sub(r"(?i)\b(rest|api|service|openapi|specification|the)\b|[0-9.]+", " ", self._title)
        return name_of("_".join(title.lower().split()), "api")

    @property
    def _title(self) -> str:
        return self.root["info"]["title"].text

    def resolved(self, at: At) -> At:
        """*at*, or what its ``$ref`` leads to; what cannot be followed is reported, and not there."""
        for _ in range(_LONGEST_CHAIN):
            reference = at["$ref"]
            if not reference:
                return at
            if not reference.text.startswith("#/"):
                self._report.lost(reference, f"`{reference.text}` is in another file, which is not read")
                return At(None, at.path, at.place)
            target = self.root
            for key in reference.text[2:].split("/"):
                name = unquote(key).replace("~1", "/").replace("~0", "~")
                target = target[int(name)] if name.isdecimal() and not target.keys else target[name]
            if not target:
                self._report.lost(reference, f"there is no `{reference.text}`")
            at = target
        return At(None, at.path, at.place)

    def upstream(self, owner: At) -> dict[str, Any]:
        """The settings of the upstream that *owner* (the root, a path, an operation) has as its server."""
        key = id(owner.node)
        if key not in self._upstreams:
            self._upstreams[key] = self._server(owner)
        return self._upstreams[key]

    def _server(self, owner: At) -> dict[str, Any]:
        servers = owner["servers"]
        server = servers[0]
        for other in list(servers.items())[1:]:
            self._report.lost(other, f"another server, {other['url'].text}: the first one is called")
        written = self._filled(server) if server else ""
        try:
            if urlsplit(written).scheme:
                return {"url": url(written.rstrip("/"))}
        except ValueError:
            self._report.lost(server["url"], f"`{written}` cannot be called")
        base = written.rstrip("/") if written.startswith("/") else ""
        variable = f"{self.name.upper().replace('-', '_')}_URL"
        self._report.changed(
            server or owner, f"where the service is, is not said: set {variable}, or write its url"
        )
        return {"url": Variable("${" + variable + ":-" + _UNKNOWN + base + "}")}

    def _filled(self, server: At) -> str:
        """The URL of *server* with the defaults of its variables."""
        written = server["url"].text
        for name, variable in server["variables"].members():
            written = written.replace("{" + name + "}", str(variable["default"].value))
            self._report.changed(variable, f"`{name}` is always {variable['default'].value}")
        return written
