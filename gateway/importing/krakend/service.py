"""What holds for all of a KrakenD file: defaults of endpoints and backends, and settings of the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from gateway.config.units import size_text
from gateway.importing.draft import Draft
from gateway.importing.foreign import At
from gateway.importing.krakend.namespaces import GUARDS, LOST, OF_THE_SERVICE, extra, extras
from gateway.importing.krakend.quantities import duration_at, written
from gateway.importing.report import Report

TIME_LIMIT: Final = 2.0
"""Seconds an endpoint has if nothing is written (lura: config.DefaultTimeout)."""

_VERSIONS: Final = (2, 3)
_SILENT: Final = frozenset(
    {"version", "name", "timeout", "cache_ttl", "host", "output_encoding", "endpoints"}
    | {"extra_config", "dialer_timeout", "debug_endpoint", "echo_endpoint"}
    | {"read_header_timeout", "max_header_bytes"}
)
_KEYS: Final = {
    "port": "start the gateway with `--port {}`",
    "listen_ip": "start the gateway with `--host {}`",
    "tls": "the gateway listens without TLS: put what terminates it in front",
    "plugin": "there are no plugins; sources in Python are the nearest thing",
    "async_agent": "nothing consumes the queues",
    "use_h2c": "clients speak HTTP/1.1 to the gateway",
    "allow_insecure_connections": "certificates are checked; `tls: { verify: off }` of an upstream does not",
    "client_tls": "name its files at the upstreams: `tls: { ca: …, cert: …, key: … }`",
}
_TRANSPORT: Final = frozenset(
    {"max_idle_connections", "max_idle_connections_per_host", "idle_connection_timeout"}
    | {"response_header_timeout", "expect_continue_timeout", "disable_keep_alives", "disable_compression"}
    | {"dialer_keep_alive", "dialer_fallback_delay", "read_timeout", "write_timeout", "idle_timeout"}
    | {"max_shutdown_wait_time", "disable_rest", "dns_cache_ttl", "sequential_start"}
)


@dataclass(frozen=True, slots=True)
class Service:
    """The root of the file, as endpoints need it. ``allow_unguarded``: serve what lost its guard."""

    root: At
    draft: Draft
    report: Report
    allow_unguarded: bool = False

    @property
    def time_limit(self) -> float:
        """Seconds that an endpoint has which says nothing."""
        return duration_at(self.root["timeout"]) or TIME_LIMIT

    @property
    def guards(self) -> list[At]:
        """What refuses requests to any endpoint."""
        return [value for name, value in extras(self.root) if name in OF_THE_SERVICE]

    def convert(self) -> None:
        """Put into the draft what holds for all, and report what does not hold any more."""
        for name, value in extras(self.root):
            if name in OF_THE_SERVICE:
                if self.allow_unguarded:
                    self.report.unguarded(value, f"every route: {GUARDS[name]}")
            elif name in LOST or name in GUARDS:
                self.report.lost(value, LOST.get(name) or GUARDS[name])
            elif name not in {"security/http", "router"}:
                self.report.lost(value, "it has no counterpart")
        self._tell_keys()
        # KrakenD repeats nothing and guards nothing by itself; an outage is not to look different at once.
        upstream: dict[str, Any] = {"breaker": "off", "retry": "off"}
        dialing = duration_at(self.root["dialer_timeout"])
        if dialing is not None:
            upstream["connect_timeout"] = written(dialing)
        route: dict[str, Any] = {"time_limit": written(self.time_limit), "degraded": "header"}
        headers = self._security_headers()
        if headers:
            route["headers"] = headers
        self.draft.defaults = {"upstream": upstream, "route": route}
        self.draft.server = self._heads()

    def _heads(self) -> dict[str, Any]:
        """What bounds the heads of requests."""
        heads: dict[str, Any] = {}
        seconds, most = duration_at(self.root["read_header_timeout"]), self.root["max_header_bytes"].number
        if seconds is not None:
            heads["head_timeout"] = written(seconds)
        if most is not None and most >= 1:
            heads["max_head"] = size_text(int(most))
        return heads

    def _tell_keys(self) -> None:
        version = self.root["version"]
        if version and version.number not in _VERSIONS:
            self.report.changed(version, "only versions 2 and 3 are known; it is read as version 3")
        for key, value in self.root.members():
            if key in _KEYS:
                self.report.lost(value, _KEYS[key].replace("{}", str(value.value)))
            elif key in _TRANSPORT:
                self.report.lost(value, "connections are kept by the gateway's own rules")
            elif key not in _SILENT and key[:1] not in {"@", "_", "$"}:
                self.report.lost(value, "it has no counterpart")
        for name, value in extra(self.root, "router").members():
            self.report.lost(value, f"`{name}` of the router has no counterpart")

    def _security_headers(self) -> dict[str, str]:
        """The constant headers that ``security/http`` adds to every answer."""
        headers: dict[str, str] = {}
        for key, value in extra(self.root, "security/http").members():
            made = _header(key, value)
            if made is None:
                self.report.lost(value, "it has no counterpart")
            elif made[1]:
                headers[made[0]] = made[1]
                self.report.changed(value, f"{made[0]} is on answers, not on refusals and failures")
        return headers


def _header(key: str, value: At) -> tuple[str, str] | None:
    """The header that an entry of ``security/http`` makes; with ``""`` none after all."""
    flags = {
        "frame_deny": ("x-frame-options", "DENY"),
        "content_type_nosniff": ("x-content-type-options", "nosniff"),
        "browser_xss_filter": ("x-xss-protection", "1; mode=block"),
    }
    texts = {
        "custom_frame_options_value": "x-frame-options",
        "content_security_policy": "content-security-policy",
        "referrer_policy": "referrer-policy",
    }
    if key in flags:
        return flags[key][0], flags[key][1] if value.flag else ""
    if key in texts:
        return texts[key], value.text
    if key == "sts_seconds" and value.number is not None:
        return "strict-transport-security", f"max-age={value.number:.0f}" if value.number else ""
    if key in {"sts_include_subdomains", "is_development"} and not value.flag:
        return "", ""
    return None
