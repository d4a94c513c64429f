"""AWS Lambda: how an upstream names a function, and what a step says to it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from gateway.config.addresses import Url
from gateway.config.faults import Wrong
from gateway.config.kinds import ABSENT, Absent, MaybeText, Switch, choice, text, words_schema
from gateway.config.on_or_off import given
from gateway.config.signing import WHERE, Credentials
from gateway.config.specs import spec

_FUNCTION = re.compile(
    r"[A-Za-z0-9_-]{1,64}|arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(:[\w$-]+)?",
    re.ASCII,
)


def function_name(value: Any) -> str:
    """A function's name or ARN. Raises `Wrong`."""
    written = text(value)
    if _FUNCTION.fullmatch(written) is None:
        raise Wrong("{it} is neither a function's name nor its ARN", "write its name, as in `my-function`")
    return written


FunctionName = Annotated[str, PlainValidator(function_name), WithJsonSchema({"type": "string"})]
Invocation = Annotated[
    Literal["request", "event"], PlainValidator(choice("request", "event")), words_schema("request", "event")
]


@spec("`lambda`")
class LambdaSpec:
    """``lambda:`` of an upstream."""

    function: FunctionName = Field(description="The function's name or ARN.")
    region: MaybeText = Field(default=None, description="The AWS region. Not written: that of the ARN.")
    qualifier: MaybeText = Field(default=None, description="An alias or a version; steps may say another.")
    endpoint: Annotated[Url | None, given(Url)] = Field(
        default=None, description="Another URL than https://lambda.REGION.amazonaws.com: PrivateLink, tests."
    )
    credentials: Credentials = Field(default=None, description=WHERE)


@spec("a step")
class LambdaCall:
    """What a step that calls a function by its name says."""

    payload: Any | Absent = Field(
        default=ABSENT,
        description="The event for a lambda upstream: any JSON; every text in it is a template. "
        "Not written: {}.",
    )
    invocation: Invocation = Field(
        default="request",
        description="request waits for the answer; event only has it queued, and answers null.",
    )
    qualifier: MaybeText = Field(
        default=None, description="An alias or a version, in place of the upstream's."
    )
    envelope: Switch = Field(
        default=False,
        description="It answers { statusCode, headers, body }, as for HTTP; the body is the step's answer.",
    )
