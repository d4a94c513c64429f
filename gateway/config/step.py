"""A step: the one call it makes, and what happens when that call does not answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from gateway.config.caching import CacheSpec
from gateway.config.faults import Wrong, closest, one_of
from gateway.config.functions import FunctionCall
from gateway.config.inline import FileCall, ValueCall
from gateway.config.kinds import (
    ABSENT,
    Absent,
    HeaderName,
    HeaderValue,
    MaybeFlag,
    MaybeText,
    MaybeTimeout,
    Switch,
    Text,
    choice,
    text,
    words_schema,
)
from gateway.config.lambdas import LambdaCall
from gateway.config.lists import BatchSpec, ForEachSpec
from gateway.config.objects import S3Call
from gateway.config.on_or_off import given, layer, layer_or_not, list_or_off
from gateway.config.redis import RedisCall
from gateway.config.repeating import HedgeSpec, RetrySpec
from gateway.config.shaping import Shaped
from gateway.config.source_kinds import CALL_KEYS, INLINE_KINDS, attribute
from gateway.config.specs import fields_of, spec
from gateway.config.sql import SqlCall

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


def method(value: Any) -> str:
    """An HTTP method, in capitals. Raises `Wrong`."""
    written = text(value)
    if (capitals := written.upper()) in METHODS:
        return capitals
    meant = closest(written.upper(), METHODS)
    raise Wrong(f"{{it}} is not {one_of(METHODS)}", f"did you mean `{meant}`?" if meant else "")


def nothing_status(value: Any) -> int:
    """A status that can mean "there is none": 300 to 599. Raises `Wrong`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 300 <= value <= 599:
        raise Wrong("{it} is not a status from 300 to 599", "nothing_on: [404] is the usual one")
    return value


def condition(value: Any) -> str | bool:
    """A condition, or a boolean. Raises `Wrong`."""
    return value if isinstance(value, bool) else text(value)


DECODABLE = ("json", "ndjson", "xml", "yaml", "csv", "form", "text", "auto")
Decode = Annotated[
    Literal["json", "ndjson", "xml", "yaml", "csv", "form", "text", "auto"],
    PlainValidator(choice(*DECODABLE)),
    words_schema(*DECODABLE),
]
MaybeCondition = Annotated[
    str | bool | None, PlainValidator(condition), WithJsonSchema({"type": ["string", "boolean"]})
]
Method = Annotated[
    Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"],
    PlainValidator(method),
    WithJsonSchema({"enum": [*METHODS, *map(str.lower, METHODS)]}),
]
NothingStatus = Annotated[
    int, PlainValidator(nothing_status), WithJsonSchema({"type": "integer", "minimum": 300, "maximum": 599})
]


@spec("a call")
class CallSpec(ValueCall, FileCall, FunctionCall, LambdaCall, SqlCall, RedisCall, S3Call):
    """What a step calls, and how often it may. What it inherits is said by the kinds of sources other than
    HTTP, each its own keys.

    ``path`` is the template after ``upstream/``, without a query. ``query`` is (name, template) pairs in
    the order written. ``repeatable`` is None where the method decides. ``timeout`` is seconds, None for the
    upstream's, infinity for ``off``. ``retry`` is ABSENT where the upstream's holds, None for ``off``.
    """

    method: Method = Field(default="GET", description="The HTTP method, in the form without a verb.")
    upstream: Text = Field(default="", description="The name of an upstream, in the form without a verb.")
    path: Text = Field(default="", description="What is appended to the upstream's base path; a template.")
    query: tuple[tuple[Text, Text], ...] = Field(
        default_factory=tuple, description="Query parameters; values are templates."
    )
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict, description="Request headers; values are templates."
    )
    json: Any | Absent = Field(
        default=ABSENT, description="A JSON request body; every text in it is a template."
    )
    form: Annotated[dict[Text, Text] | None, given(dict[Text, Text])] = Field(
        default=None, description="A form-encoded request body; values are templates."
    )
    body: MaybeText = Field(
        default=None, description="A request body as it is: one reference, or text without references."
    )
    decode: Decode = Field(
        default="json", description="What an answer's body is: JSON is made of it. auto: by its content-type."
    )
    timeout: MaybeTimeout = Field(
        default=None, description="One attempt's; must be below the route's time limit."
    )
    retry: Annotated[RetrySpec | Absent | None, layer_or_not(RetrySpec)] = Field(
        default=ABSENT, description="In place of the upstream's, or off."
    )
    when: MaybeCondition = Field(
        default=None,
        description="The step is called only if this holds; else it is null, and that is no failure.",
    )
    nothing_on: Annotated[frozenset[NothingStatus], list_or_off(NothingStatus)] = Field(
        default=frozenset(), description="Statuses that mean there is none: null, live, not degraded."
    )
    repeatable: MaybeFlag = Field(
        default=None,
        description="Whether the call may be sent twice. "
        "Not written: GET, HEAD, OPTIONS, PUT, DELETE, or with an idempotency-key.",
    )

    @property
    def said(self) -> dict[str, Any]:
        """What is written of what only kinds of sources other than HTTP understand, in one order."""
        fields = fields_of(CallSpec)
        said = ((key, getattr(self, attribute(key))) for key in CALL_KEYS)
        return {key: value for key, value in said if value is not fields[key].default}

    @property
    def inline(self) -> str | None:
        """The name in `SOURCE_KINDS` of what it reads from, if that is no upstream."""
        said = self.said
        return next((kind.name for kind in INLINE_KINDS for key in kind.made_by if key in said), None)


@spec("`undo`")
class UndoSpec(CallSpec):
    """``undo:`` - the call that takes back what its step did, if the request fails afterwards."""

    if_unknown: Switch = Field(
        default=False,
        description="on: also if nobody knows whether the step did anything, such as after a timeout.",
    )


@spec("a step")
class StepSpec(CallSpec, Shaped):
    """One entry of ``steps:``, whatever its call form was.

    ``required`` is None where the route's shape decides. ``hedge`` is ABSENT where the upstream's holds, None
    for ``off``.
    """

    required: MaybeFlag = Field(
        default=None,
        description="Whether the request fails if this step does not answer. "
        "Not written: only if it is the route's only step.",
    )
    fallback: Any | Absent = Field(
        default=ABSENT, description="What stands in when the step does not answer: any JSON value, even null."
    )
    hedge: Annotated[HedgeSpec | Absent | None, layer_or_not(HedgeSpec)] = Field(
        default=ABSENT, description="In place of the upstream's, or off."
    )
    cache: Annotated[CacheSpec | None, layer(CacheSpec)] = Field(
        default=None, description="What is kept of its answers. Not written: off."
    )
    coalesce: Switch = Field(
        default=False, description="Equal calls that requests make at the same time are sent once."
    )
    for_each: Annotated[ForEachSpec | None, given(ForEachSpec)] = Field(
        default=None, description="The call is made for each item of a list, which it reads as `{item}`."
    )
    batch: Annotated[BatchSpec | None, given(BatchSpec)] = Field(
        default=None, description="Calls within a moment are one call for all their keys."
    )
    example: Any | Absent = Field(
        default=ABSENT, description="What its call brings in `gateway try --mock`: any JSON value, as it is."
    )
    undo: Annotated[UndoSpec | None, given(UndoSpec)] = Field(
        default=None, description="The call that takes back what this one did, if its request fails later."
    )
