"""What the gateway tells of itself, and how."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from gateway.config.kinds import choice, words_schema
from gateway.config.specs import spec

Logs = Annotated[
    Literal["json", "text"] | None,
    PlainValidator(choice("json", "text")),
    words_schema("json", "text"),
]


@spec("`telemetry`")
class TelemetrySpec:
    """``telemetry:`` - all of it optional."""

    logs: Logs = Field(
        default=None,
        description="What log lines look like. Not written: text in a terminal, else json. "
        "The environment's GATEWAY_LOGS goes before it.",
    )
