"""A KrakenD endpoint → a route: its steps, how they become one answer, and what must not be served without.

Rules of the file:
1. A route whose guard could not be carried is left out, unless the caller says that it may be served.
2. Parts that fail are left out of the answer, the later backend wins, as in KrakenD; but in the order of the
   file and not of arrival, and the answer says which part is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.config.routes import SERVED_METHODS
from gateway.importing.draft import step_upstream
from gateway.importing.foreign import At
from gateway.importing.krakend.answer import answer_of
from gateway.importing.krakend.backend import Forwarded, step_of
from gateway.importing.krakend.formatting import shaping_of
from gateway.importing.krakend.namespaces import GUARDS, LOST, extra, extras, tell_unknown
from gateway.importing.krakend.passing import NO_OP, proxy_of
from gateway.importing.krakend.pattern import Names, Uncarried, route_pattern
from gateway.importing.krakend.quantities import duration_at, written
from gateway.importing.naming import reference, step_name, unique

if TYPE_CHECKING:
    from gateway.importing.krakend.service import Service

SHARE_OF_SEVERAL: Final = 0.85
"""Share of an endpoint's timeout that several backends have (lura: proxy/merging.go)."""

SHARE_OF_ONE: Final = 0.99
"""A step's timeout lies below its route's time limit; one backend alone has all of it."""

_REPEATABLE: Final = ("get", "head", "options", "put", "delete")


class EndpointImport:
    """One endpoint on its way into the draft of *service*."""

    def __init__(self, endpoint: At, service: Service) -> None:
        self.at = endpoint
        self._service = service
        self._report = service.report
        self._limit = duration_at(endpoint["timeout"]) or service.time_limit
        self._sequential = extra(endpoint, "proxy")["sequential"].flag
        self._steps: dict[str, dict[str, Any]] = {}

    def convert(self) -> None:
        """Add the route, or report why there is none."""
        method = (self.at["method"].text or "GET").upper()
        path = self.at["endpoint"].text
        key = f"{method} {path}"
        try:
            pattern, parameters = route_pattern(path)
        except Uncarried as uncarried:
            self._report.left_out(self.at["endpoint"], f"{key}: {uncarried}")
            return
        if method not in SERVED_METHODS:
            self._report.left_out(self.at["method"], f"{key}: a route has no such method")
            return
        key = f"{method} {pattern}"
        refusal = self._service.draft.refusal(key)
        if refusal:
            self._report.left_out(self.at["endpoint"], f"{key}: {refusal}")
            return
        if not self._may_be_served(key):
            return
        queries = self.at.first("input_query_strings", "querystring_params")
        headers = self.at.first("input_headers", "headers_to_pass")
        forwarded = Forwarded(method, parameters, headers, queries)
        answer = self._answer(key, forwarded)
        if answer is None:
            return
        route: dict[str, Any] = {}
        if self._limit != self._service.time_limit:
            route["time_limit"] = written(self._limit)
        lifetime = {} if "proxy" in answer else self._headers()
        if lifetime:
            route["headers"] = self._service.draft.defaults["route"].get("headers", {}) | lifetime
        self._tell_extras()
        self._service.draft.add(key, route | answer, self.at)

    def _answer(self, key: str, forwarded: Forwarded) -> dict[str, Any] | None:
        """How the route answers; ``None``, and reported, if it cannot."""
        if self._encoding.text == NO_OP:
            try:
                timeout = written(self._limit * SHARE_OF_ONE)
                return {"proxy": proxy_of(self.at["backend"][0], forwarded, timeout, self._service)}
            except Uncarried as uncarried:
                self._report.left_out(self.at, f"{key}: {uncarried}")
                return None
        self._make_steps(forwarded)
        if not self._steps:
            self._report.left_out(self.at, f"{key}: none of its backends could be carried")
            return None
        return answer_of(self.at, self._steps, self._encoding, self._report)

    def _may_be_served(self, key: str) -> bool:
        """Whether everything that guards it is there, or need not be."""
        backends = list(self.at["backend"].items())
        own = [(name, value) for each in (self.at, *backends) for name, value in extras(each)]
        guards = [value for name, value in own if name in GUARDS]
        names = [name for name, _ in own if name in GUARDS]
        if not guards and not self._service.guards:
            return True
        if self._service.allow_unguarded:
            for name, value in zip(names, guards, strict=True):
                self._report.unguarded(value, f"{key}: {GUARDS[name]}")
            return True
        if guards:
            why = "; ".join(GUARDS[name] for name in dict.fromkeys(names))
            self._report.left_out(guards[0], f"{key}: {why} (--allow-unguarded serves it nevertheless)")
        else:
            self._report.left_out(self.at, f"{key}: what guards the whole service could not be carried")
        return False

    def _make_steps(self, forwarded: Forwarded) -> None:
        """Every backend that can be called, by its name."""
        backends, parameters = list(self.at["backend"].items()), forwarded.parameters
        timeout = written(self._limit * (SHARE_OF_SEVERAL if len(backends) > 1 else SHARE_OF_ONE))
        known: list[str | None] = []
        for number, backend in enumerate(backends):
            function = extra(backend, "backend/lambda")["function_name"].text.rpartition(":")[2]
            wanted = backend["group"].text or function or backend["url_pattern"].text
            name = unique(step_name(wanted, f"backend_{number}"), {*parameters.values(), *self._steps})
            made = step_of(backend, Names(parameters, known), forwarded, self._service)
            known.append(None if made is None else name)
            if made is None:
                continue
            step, reads = made
            step |= {"timeout": timeout} | self._hedge(step)
            step |= shaping_of(backend, self._report)
            before = known[number - 1] if self._sequential and number else None
            if before is not None and number - 1 not in reads:  # nothing of it is read, but it must answer
                step["when"] = f"{reference(before)} != null"
            self._steps[name] = step

    def _hedge(self, step: dict[str, Any]) -> dict[str, Any]:
        """``concurrent_calls``: a second call at once. Without a budget it would soon not be made."""
        calls = self.at["concurrent_calls"]
        count = calls.number or 1
        if count <= 1:
            return {}
        if not any(verb in step for verb in _REPEATABLE):
            self._report.lost(calls, "a call that must not be repeated is made once")
            return {}
        if count > 2:
            self._report.changed(calls, f"2 calls at once in place of {count:.0f}")
        upstream = step_upstream(step)
        assert upstream is not None, "it calls one"
        self._service.draft.upstreams[upstream]["budget"] = "off"
        return {"hedge": {"after": "1ms"}}

    @property
    def _encoding(self) -> At:
        return self.at["output_encoding"] or self._service.root["output_encoding"]

    def _headers(self) -> dict[str, str]:
        """How long clients may keep the answer; only complete answers say so, as in KrakenD."""
        lifetime = duration_at(self.at["cache_ttl"] or self._service.root["cache_ttl"])
        return {"cache-control": f"public, max-age={lifetime:.0f}"} if lifetime else {}

    def _tell_extras(self) -> None:
        tell_unknown(self.at, self._report, is_backend=False)
        for backend in self.at["backend"].items():
            tell_unknown(backend, self._report, is_backend=True)
        for name, value in extras(self.at):
            if name in LOST:
                self._report.lost(value, LOST[name])
            elif name not in GUARDS and name != "proxy":
                self._report.lost(value, "it has no counterpart")
        for name, value in extra(self.at, "proxy").members():
            if name not in {"sequential", "static", "flatmap_filter"}:
                self._report.lost(value, f"`{name}` of the proxy has no counterpart")
