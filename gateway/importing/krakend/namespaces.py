"""What stands in KrakenD's ``extra_config``: old names, and how much it matters that a part is not carried.

Old names are those of version 2 files (the alias table of krakend-ce 2.x, cmd/krakend-ce/main.go). An entry
that is not in the tables below is reported all the same, under the name it has in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.importing.foreign import At
from gateway.importing.report import Report

_OLD: Final = {
    "krakend/transport/http/server/handler": "plugin/http-server",
    "krakend/transport/http/client/executor": "plugin/http-client",
    "krakend/transport/http/client/graphql": "backend/graphql",
    "krakend/proxy/plugin": "plugin/req-resp-modifier",
    "krakend/proxy": "proxy",
    "krakend/http": "backend/http",
    "lura/router/gin": "router",
    "krakend-ratelimit/juju/router": "qos/ratelimit/router",
    "krakend-ratelimit/juju/proxy": "qos/ratelimit/proxy",
    "krakend-httpcache": "qos/http-cache",
    "krakend-circuitbreaker/gobreaker": "qos/circuit-breaker",
    "krakend-oauth2-clientcredentials": "auth/client-credentials",
    "krakend-jose/validator": "auth/validator",
    "krakend-jose/signer": "auth/signer",
    "bloomfilter": "auth/revoker",
    "krakend-botdetector": "security/bot-detector",
    "krakend-httpsecure": "security/http",
    "krakend-cors": "security/cors",
    "krakend-cel": "validation/cel",
    "krakend-jsonschema": "validation/json-schema",
    "krakend-amqp/agent": "async/amqp",
    "krakend-amqp/consume": "backend/amqp/consumer",
    "krakend-amqp/produce": "backend/amqp/producer",
    "krakend-lambda": "backend/lambda",
    "krakend-pubsub/publisher": "backend/pubsub/publisher",
    "krakend-pubsub/subscriber": "backend/pubsub/subscriber",
    "krakend-gologging": "telemetry/logging",
    "krakend-metrics": "telemetry/metrics",
    "krakend-opencensus": "telemetry/opencensus",
    "krakend-lua/router": "modifier/lua-endpoint",
    "krakend-lua/proxy": "modifier/lua-proxy",
    "krakend-lua/proxy/backend": "modifier/lua-backend",
    "krakend-martian": "modifier/martian",
}

GUARDS: Final = {
    "auth/validator": "tokens are not validated",
    "auth/revoker": "revoked tokens are not refused",
    "auth/api-keys": "API keys are not asked for",
    "auth/basic": "no password is asked for",
    "security/policies": "policies are not checked",
    "validation/cel": "its conditions are not checked",
    "modifier/lua-endpoint": "the script is not run, and it may refuse requests",
    "modifier/lua-proxy": "the script is not run, and it may refuse requests",
    "plugin/http-server": "the plugin is not run, and it may refuse requests",
    "plugin/req-resp-modifier": "the plugin is not run, and it may refuse requests",
    "plugin/middleware": "the plugin is not run, and it may refuse requests",
}
"""What refuses requests for the sake of security, and what it means that nobody does so."""

OF_THE_SERVICE: Final = frozenset({"plugin/http-server", "auth/basic", "security/policies"})
"""Those that guard every endpoint where they stand at the root; the others only prepare something there."""

LOST: Final = {
    "qos/ratelimit/router": "requests are not limited per second",
    "qos/ratelimit/service": "requests are not limited per second",
    "qos/ratelimit/tiered": "requests are not limited per second",
    "qos/ratelimit/proxy": "calls are not limited per second; a bulkhead limits those in flight",
    "governance/quota": "there are no quotas",
    "security/bot-detector": "bots are not refused",
    "security/cors": "no CORS headers are sent: browsers refuse answers to pages of other origins",
    "auth/signer": "tokens are not signed",
    "auth/client-credentials": "no token is fetched for the upstream, which will refuse the calls",
    "validation/json-schema": "the request's body is not checked",
    "validation/response-json-schema": "answers are not checked against a schema",
    "modifier/martian": "neither request nor answer is modified",
    "modifier/lua-backend": "the script is not run",
    "modifier/jmespath": "the answer is not reshaped by it",
    "plugin/http-client": "the plugin is not run",
    "backend/http/client": "the settings of its HTTP client are not used",
    "backend/conditional": "the call is made in any case",
    "documentation/openapi": "the gateway describes its routes by itself, at /openapi.json",
    "async/amqp": "nothing consumes the queue",
    "backend/soap": "no SOAP envelope is made",
    "backend/grpc": "gRPC is not spoken",
    "websocket": "WebSockets are not passed through",
    "workflow": "its steps are not run; write them as steps of the route",
    "server/virtualhost": "routes are served whatever the host is called",
    "server/static-filesystem": "no files are served",
    "grpc": "gRPC is not spoken",
    "telemetry/opencensus": "set the standard OTEL_… variables instead",
    "telemetry/opentelemetry": "set the standard OTEL_… variables instead",
    "telemetry/influx": "metrics are on the admin listener, for Prometheus",
    "telemetry/metrics": "metrics are on the admin listener, for Prometheus",
    "telemetry/logging": "the gateway logs in its own way",
    "telemetry/logstash": "the gateway logs in its own way",
    "telemetry/gelf": "the gateway logs in its own way",
}
"""What has no counterpart, and what that means."""

CALLS: Final = {
    "backend/amqp/consumer": "a queue is read in place of a call",
    "backend/amqp/producer": "a message is sent in place of a call",
    "backend/pubsub/publisher": "a message is sent in place of a call",
    "backend/pubsub/subscriber": "a queue is read in place of a call",
    "backend/graphql": "a GraphQL query is sent",
    "backend/grpc": "gRPC is spoken",
    "backend/soap": "SOAP is spoken",
    "backend/static-filesystem": "files are served",
}
"""What a backend does in place of an HTTP call; without it there is no step."""


_LISTS: Final = {"input_headers", "headers_to_pass", "input_query_strings", "querystring_params"}
_OF_ENDPOINTS: Final = _LISTS | {
    *("endpoint", "method", "backend", "timeout", "cache_ttl", "concurrent_calls", "output_encoding"),
    "extra_config",
}
_OF_BACKENDS: Final = _LISTS | {
    *("url_pattern", "host", "method", "encoding", "group", "target", "mapping", "is_collection", "sd"),
    *("allow", "deny", "whitelist", "blacklist", "disable_host_sanitize", "extra_config"),
}


def tell_unknown(owner: At, report: Report, *, is_backend: bool) -> None:
    """Report the keys of an endpoint or a backend that nobody reads; ``@comment`` and the like are none."""
    for key, value in owner.members():
        if is_backend and key == "timeout":
            report.lost(value, "a backend's timeout is ignored, as in KrakenD; write it on the step")
        elif key not in (_OF_BACKENDS if is_backend else _OF_ENDPOINTS) and key[:1] not in {"@", "_", "$"}:
            report.lost(value, "it has no counterpart")


def extras(owner: At) -> Iterator[tuple[str, At]]:
    """The entries of *owner*'s ``extra_config`` by their new names."""
    for key, value in owner["extra_config"].members():
        yield new_name(key), value


def extra(owner: At, name: str) -> At:
    """The entry *name* of *owner*'s ``extra_config``, whatever name it has there."""
    return next((value for key, value in extras(owner) if key == name), owner["extra_config"][name])


def new_name(key: str) -> str:
    """The name in version 3 files of an entry of ``extra_config``."""
    for start in ("github.com/devopsfaith/", "github_com/devopsfaith/", "github_com/luraproject/"):
        if key.startswith(start):
            return _OLD.get(key.removeprefix(start), key)
    return _OLD.get(key.removeprefix("github_com/letgoapp/"), key)
