"""What the gateway tells of itself, and how: its log lines, which requests are traced, who may debug one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PlainValidator, model_validator

from gateway.config.faults import Wrong
from gateway.config.kinds import (
    ABSENT,
    Absent,
    MaybeText,
    Ratio,
    Switch,
    choice,
    words_schema,
)
from gateway.config.on_or_off import given, layer, layer_or_not, list_or_off
from gateway.config.specs import spec

Logs = Annotated[
    Literal["json", "text"] | None,
    PlainValidator(choice("json", "text")),
    words_schema("json", "text"),
]

SHORTEST_SECRET = 16
"""Characters; what can be guessed is no secret."""

Kept = Annotated[
    Literal["degraded", "failed", "slow"],
    PlainValidator(choice("degraded", "failed", "slow")),
    words_schema("degraded", "failed", "slow"),
]


@spec("`traces`")
class TracesSpec:
    """``traces:`` - where to is said by OpenTelemetry's own ``OTEL_EXPORTER_OTLP_*`` variables."""

    ratio: Annotated[Ratio | None, given(Ratio)] = Field(
        default=None,
        description="Share of the requests that are traced, if no trusted client decides. "
        "Not written: what OTEL_TRACES_SAMPLER says, else 0.",
    )
    keep: Annotated[frozenset[Kept], list_or_off(Kept)] = Field(
        default=frozenset(),
        description="Requests that are told of though not sampled: degraded, failed, slow. "
        "Every request is recorded for it.",
    )


@spec("`debug`")
class DebugSpec:
    """``debug:`` - whose requests get an answer that tells how it was made."""

    secret: MaybeText = Field(
        default=None, description="Signs debug headers; at least 16 characters, best from a variable."
    )
    loopback: Switch = Field(
        default=False, description="on: requests from this machine itself need no signature."
    )

    @model_validator(mode="after")
    def _secret_is_one(self) -> DebugSpec:
        if self.secret is not None and len(self.secret) < SHORTEST_SECRET:
            hint = "write at least 16 characters, such as those of `openssl rand -hex 16`"
            raise Wrong("this secret is too short to be one", hint, at=("secret",))
        return self


@spec("`telemetry`")
class TelemetrySpec:
    """``telemetry:`` - all of it optional."""

    logs: Logs = Field(
        default=None,
        description="What log lines look like. Not written: text in a terminal, else json. "
        "The environment's GATEWAY_LOGS goes before it.",
    )
    traces: Annotated[TracesSpec | Absent | None, layer_or_not(TracesSpec)] = Field(
        default=ABSENT,
        description="Which requests become OpenTelemetry spans. Not written: what OTEL_TRACES_SAMPLER says.",
    )
    debug: Annotated[DebugSpec | None, layer(DebugSpec)] = Field(
        default=None, description="Who may ask how an answer was made. Not written: off, nobody."
    )
