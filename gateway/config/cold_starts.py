"""Cold starts: the time that calls get which meet one, and how environments are kept warm."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from gateway.config.faults import Wrong
from gateway.config.kinds import Count, Duration, DurationOrOff, MaybeText, Shown, Switch
from gateway.config.lambdas import LambdaSpec
from gateway.config.on_or_off import given, layer
from gateway.config.signing import AuthSpec
from gateway.config.specs import spec
from gateway.config.units import DURATION_PATTERN, duration, duration_text

LONGEST_HOLD = 10.0
"""Seconds that a ping may be held: it takes an environment from calls as long."""

_SPAN = re.compile(r"(?P<first>[0-9.]+)(?P<unit>ms|s|m|h)?-(?P<last>[0-9.]+(?:ms|s|m|h))")


def span(value: Any) -> tuple[float, float]:
    """Seconds from ``250-400ms`` or ``300ms``; ``off`` is none. Raises `Wrong`."""
    if value == "off":
        return 0.0, 0.0
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        shortest = longest = duration(value)
    else:
        unit = match["unit"] or match["last"].lstrip("0123456789.")
        shortest, longest = duration(f"{match['first']}{unit}"), duration(match["last"])
    if longest < shortest:
        raise Wrong("{it} ends before it begins", "write 250-400ms")
    if longest > LONGEST_HOLD:
        raise Wrong("{it} is longer than 10s", "a ping takes an environment from calls as long")
    return shortest, longest


def _span_text(value: tuple[float, float]) -> str:
    shortest, longest = value
    if not longest:
        return "off"
    both = f"{duration_text(shortest)}-{duration_text(longest)}"
    return duration_text(longest) if shortest == longest else both


MaybeSeconds = Annotated[
    float | None,
    PlainValidator(duration),
    WithJsonSchema({"type": "string", "pattern": rf"^({DURATION_PATTERN}|.*\$\{{.*)$"}),
    Shown(lambda value: "" if value is None else duration_text(value)),
]
Span = Annotated[
    tuple[float, float],
    PlainValidator(span),
    WithJsonSchema(
        {"type": "string", "pattern": r"^([0-9.]+(ms|s|m|h)?-)?[0-9.]+(ms|s|m|h)$|^off$|^.*\$\{.*\}.*$"}
    ),
    Shown(_span_text),
]


@spec("`prewarm`")
class PrewarmSpec:
    """``prewarm:`` - environments of a function that are there before a call needs them. In seconds."""

    concurrency: Count = Field(default=5, description="Pings at once, and so environments kept warm.")
    hold: Span = Field(
        default=(0.25, 0.4),
        description="How long the function holds each ping, so that each meets an environment of its own. "
        "off: it is not asked to.",
    )
    every: DurationOrOff = Field(default=300.0, description="Between two rounds. off: at start-up only.")
    grow: Switch = Field(default=True, description="Also a round when calls take the last warm environment.")
    payload: Any = Field(
        default=None,
        description="What a ping says: an object, sent with `hold_ms` in it. Not written: nothing else.",
    )
    path: MaybeText = Field(
        default=None, description="For a URL: where a ping goes, after the upstream's base path."
    )
    wait: DurationOrOff = Field(
        default=0.0, description="How long start-up waits for the first round before it is ready."
    )
    timeout: MaybeSeconds = Field(default=None, description="A ping's. Not written: cold_timeout, or 10s.")

    @model_validator(mode="after")
    def _can_be_sent(self) -> PrewarmSpec:
        if self.payload is not None and not isinstance(self.payload, dict):
            raise Wrong("a ping's payload is a mapping: `hold_ms` is added to it", at=("payload",))
        return self


@spec("an upstream")
class FunctionSettings:
    """What is said of an upstream that is a function, by URL or by name."""

    lambda_: Annotated[LambdaSpec | None, given(LambdaSpec)] = Field(
        default=None, alias="lambda", description="An AWS Lambda function, called by its name."
    )
    auth: Annotated[AuthSpec | None, given(AuthSpec)] = Field(
        default=None, description="How requests to the url say who is calling: signed for AWS."
    )
    cold_timeout: MaybeSeconds = Field(
        default=None,
        description="In place of `timeout` for calls that need one more environment than are known warm.",
    )
    cold_after: Duration = Field(
        default=300.0, description="An environment that answered nothing for so long counts as cold."
    )
    prewarm: Annotated[PrewarmSpec | None, layer(PrewarmSpec)] = Field(
        default=None, description="Pings that keep environments warm. Not written: off."
    )


def check_function(said: FunctionSettings, timeout: float, transport: str) -> None:
    """Whether what is *said* fits what else an upstream says. Raises `Wrong`."""
    if said.auth is not None and transport != "h1":
        hint = "a stalled HTTP/2 connection would send signatures that have expired"
        raise Wrong("signed requests need `transport: h1`", hint, at=("transport",), also=(("auth",),))
    if said.cold_timeout is not None and said.cold_timeout <= timeout:
        hint = "it is the longer time of a call that waits for a cold start"
        raise Wrong("`cold_timeout` is not above `timeout`", hint, ("cold_timeout",), (("timeout",),))
    prewarm = said.prewarm
    if prewarm is None:
        return
    if prewarm.path is not None and said.lambda_ is not None:
        raise Wrong("a function called by its name has no paths", "remove it", ("prewarm", "path"))
    if prewarm.every and prewarm.every > said.cold_after:
        hint = "environments would be cold between two rounds"
        raise Wrong("`every` is longer than `cold_after`", hint, ("prewarm", "every"), (("cold_after",),))
