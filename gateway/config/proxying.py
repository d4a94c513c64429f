"""``proxy:`` of a route: one upstream's answer is passed on as it comes, in place of one made of parts.

What people write becomes a route with one step, named ``proxy``, so that templates, timeouts and retries are
those of every step; here stands what a step does not have.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from gateway.config.faults import Fault, Wrong, did_you_mean
from gateway.config.kinds import (
    ABSENT,
    Absent,
    Duration,
    HeaderName,
    HeaderValue,
    MaybeTimeout,
    Switch,
    Text,
    header_name,
    or_off,
)
from gateway.config.nodes import Entry, Mapping, Scalar, broken
from gateway.config.on_or_off import given, layer_or_not, list_or_off
from gateway.config.repeating import RetrySpec
from gateway.config.shaping import KEYS
from gateway.config.source_kinds import VERBS
from gateway.config.specs import spec
from gateway.config.units import SIZE_PATTERN, size

STEP = "proxy"
"""The name of the one step of a route that passes on."""

_OF_THE_STEP = ("query", "headers", "timeout", "retry")
_OF_ANSWERS = (
    *("steps", "respond", "merge", "status", "degraded", "max_body", "produces", "mode", "shape"),
    *KEYS,
)

FORBIDDEN = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade", "keep-alive"}
    | {"expect", "traceparent", "x-request-id", "proxy-authorization", "proxy-connection", "http2-settings"}
)
"""Headers of a client that no configuration can forward (docs/contract.md section 3)."""


def forwarded_header(value: Any) -> str:
    """A header of the client's that may go on, in lower case. Raises `Wrong`."""
    name = header_name(value).lower()
    if name in FORBIDDEN:
        raise Wrong("{it} belongs to the connection or to the gateway itself", "remove it")
    return name


def query_names(value: Any) -> tuple[str, ...] | None:
    """Names of parameters; ``all`` is None, ``off`` none. Raises `Wrong`."""
    if value == "all":
        return None
    if value == "off":
        return ()
    if isinstance(value, str):
        raise Wrong("{it} is neither `all` nor a list of names", did_you_mean(value, ("all", "off")))
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Wrong("this is neither `all` nor a list of names", "write all, or [page, limit]")
    return tuple(value)


ForwardedHeader = Annotated[str, PlainValidator(forwarded_header), WithJsonSchema({"type": "string"})]
QueryNames = Annotated[
    tuple[str, ...] | None,
    PlainValidator(query_names),
    WithJsonSchema({"anyOf": [{"enum": ["all", "off"]}, {"type": "array", "items": {"type": "string"}}]}),
]
MaybeSize = Annotated[
    int | None,
    PlainValidator(or_off(size)),
    WithJsonSchema({"type": "string", "pattern": rf"^({SIZE_PATTERN}|off|.*\$\{{.*)$"}),
]


@spec("`forward`")
class ForwardSpec:
    """What of a request goes on besides what describes its body and the answer it wants."""

    headers: Annotated[tuple[ForwardedHeader, ...], list_or_off(ForwardedHeader)] = Field(
        default=(), description="Headers of the client that are forwarded as they are, by name."
    )
    cookies: Annotated[tuple[Text, ...], list_or_off(Text)] = Field(
        default=(), description="Cookies of the client that are forwarded, by name."
    )
    query: QueryNames = Field(
        default=(), description="Query parameters that are forwarded as they are: a list of names, or all."
    )


@spec("`proxy`")
class ProxySpec:
    """``proxy:`` of a route. What its step says (``query`` … ``retry``) has been moved to that step.

    ``max_body`` is None for any size.
    """

    to: Text = Field(description="`upstream/path?query`; templates, as in a step.")
    query: dict[Text, Text] = Field(default_factory=dict, description="Query parameters to add; templates.")
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict, description="Request headers to set; templates."
    )
    forward: Annotated[ForwardSpec, given(ForwardSpec)] = Field(
        default_factory=ForwardSpec, description="What of the client's request goes on."
    )
    withhold: Annotated[tuple[HeaderName, ...], list_or_off(HeaderName)] = Field(
        default=(), description="Headers of the answer that the client does not get."
    )
    timeout: MaybeTimeout = Field(
        default=None, description="One attempt's, up to the head of the answer. Not written: the upstream's."
    )
    retry: Annotated[RetrySpec | Absent | None, layer_or_not(RetrySpec)] = Field(
        default=ABSENT, description="In place of the upstream's, or off. Only requests without a long body."
    )
    idle_timeout: Duration = Field(
        default=60.0, description="The wait for each further piece, from either side."
    )
    max_body: MaybeSize = Field(default=None, description="The largest request body. Not written: any size.")
    websocket: Switch = Field(default=False, description="on: WebSockets are passed on, too.")


def lowered_proxy(written: str, route: Mapping, faults: list[Fault]) -> Mapping:
    """*route*, under the key *written*, with the step that its ``proxy`` stands for; as it is without one."""
    entry = route.entries.get("proxy")
    if entry is None:
        return route
    for key in [key for key in route.entries if key in _OF_ANSWERS]:
        message = f"`{key}` stands beside `proxy`, which passes an answer on as it is"
        hint = "write it inside: proxy: { max_body: … }" if key == "max_body" else "keep one of them"
        faults.append(Fault(route.entries[key].place, message, hint, (entry.place,)))
    proxy = entry.value
    if isinstance(proxy, Scalar):
        proxy = Mapping(proxy.place, {"to": Entry(proxy.place, proxy)})
    to = proxy.get("to") if isinstance(proxy, Mapping) else proxy
    if not isinstance(proxy, Mapping) or not isinstance(to, Scalar) or not isinstance(to.value, str):
        message = "`to` is missing in `proxy`" if to is None else "`proxy` takes `upstream/path?query`"
        faults.append(Fault(entry.place if to is None else to.place, message, "write proxy: upstream/path"))
        unread = Entry(entry.place, broken(entry.place))
        return route.replaced({**route.without(_OF_ANSWERS).entries, "proxy": unread, "steps": unread})
    verb = written.partition(" ")[0].lower()
    said = {
        verb if verb in VERBS else "get": proxy.entries.get("to"),
        **{key: proxy.entries.get(key) for key in _OF_THE_STEP},
        **{key: Entry(entry.place, _scalar(entry, *of)) for key, of in _FIXED.items()},
    }
    step = Mapping(proxy.place, {key: value for key, value in said.items() if value is not None})
    steps = Mapping(proxy.place, {STEP: Entry(entry.place, step)})
    rest = route.without(_OF_ANSWERS).entries
    own = Entry(entry.place, proxy.without(_OF_THE_STEP))
    return route.replaced({**rest, "proxy": own, "steps": Entry(entry.place, steps)})


_FIXED: dict[str, tuple[str, Any]] = {
    "required": ("true", True),
    "repeatable": ("true", True),
    "hedge": ("off", "off"),
}
"""What holds for the step whatever is written; what may be repeated is known with the request's method."""


def _scalar(entry: Entry, source: str, value: Any) -> Scalar:
    return Scalar(entry.place, source, value)
