"""What the gateway does when more comes in than it can answer: whom it turns away first."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from gateway.config.kinds import Count, choice, words_schema
from gateway.config.specs import spec

Priority = Annotated[
    Literal["critical", "normal", "sheddable"],
    PlainValidator(choice("critical", "normal", "sheddable")),
    words_schema("critical", "normal", "sheddable"),
]


@spec("`admission`")
class AdmissionSpec:
    """``admission:`` - how many requests may be under way in the whole gateway."""

    in_flight: Count = Field(
        default=1000,
        description="Requests under way at once; sheddable routes are turned away first, critical ones last.",
    )
