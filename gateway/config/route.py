"""A route: its steps, and the answer made of them."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from gateway.config.faults import Wrong, did_you_mean
from gateway.config.kinds import (
    ABSENT,
    Absent,
    Duration,
    Flag,
    HeaderName,
    HeaderValue,
    MaybeText,
    Size,
    Text,
    choice,
    name,
    words_schema,
)
from gateway.config.on_or_off import given
from gateway.config.overload import Priority
from gateway.config.producing import BY_PARTS, Mode, Produces, forms_of
from gateway.config.proxying import ProxySpec
from gateway.config.server import MAX_BODY, TIME_LIMIT
from gateway.config.shaping import Shaped, named_at_the_top
from gateway.config.specs import spec
from gateway.config.step import StepSpec
from gateway.config.units import duration_text

ROOTS = frozenset(("query", "header", "cookie", "body", "claims", "item", "steps", "now", "request"))
"""What a reference can start with besides path parameters and steps."""
RESERVED = frozenset(("env", "path", "job", "secret", "upstream", "gateway"))
"""Roots of later versions; no step and no parameter may take their names."""
WITHOUT_BODY = (204, 205)


def step_name(value: Any) -> str:
    """A name that no root has. Raises `Wrong`."""
    if name(value) in ROOTS | RESERVED:
        raise Wrong(
            "{it} is a reserved name",
            "references such as `{query.id}` begin with it; call the step differently",
        )
    return str(value)


def status(value: Any) -> int:
    """The status of a complete answer: a 2xx that has a body. Raises `Wrong`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 299:
        raise Wrong(
            "{it} is not a status from 200 to 299", "failures have their own statuses; see the contract"
        )
    if value in WITHOUT_BODY:
        raise Wrong("an answer with status {it} has no body")
    return value


Status = Annotated[
    int, PlainValidator(status), WithJsonSchema({"type": "integer", "minimum": 200, "maximum": 299})
]
StepName = Annotated[str, PlainValidator(step_name), WithJsonSchema({"type": "string"})]
OnConflict = Annotated[
    Literal["error", "first", "last"],
    PlainValidator(choice("error", "first", "last")),
    words_schema("error", "first", "last"),
]
Degraded = Annotated[
    Literal["body", "header"], PlainValidator(choice("body", "header")), words_schema("body", "header")
]


@spec("`merge`")
class MergeSpec:
    """``merge:`` - the objects of several steps become one."""

    steps: tuple[Text, ...] = Field(description="The steps whose objects are merged, in this order.")
    on_conflict: OnConflict = Field(
        default="error", description="What happens when two of them have the same key."
    )
    deep: Flag = Field(default=False, description="Merge objects inside objects too.")

    @model_validator(mode="after")
    def _steps_are_named_once(self) -> MergeSpec:
        if not self.steps:
            raise Wrong("there is nothing to merge", at=("steps",))
        for index, step in enumerate(self.steps):
            if step in self.steps[:index]:
                raise Wrong(f"`{step}` stands here twice", at=("steps", index))
        return self


@spec("`defaults: { route }`")
class RouteSettings:
    """What ``defaults: { route: … }`` may say for every route. Durations in seconds, sizes in bytes."""

    time_limit: Duration = Field(
        default=TIME_LIMIT, description="The whole request's. Not written: the server's."
    )
    status: Status = Field(default=200, description="The status of an answer.")
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict, description="Headers of an answer.")
    degraded: Degraded = Field(
        default="body", description="Where degraded parts are named: body and header, or the header only."
    )
    priority: Priority = Field(
        default="normal", description="Who is turned away first when there is too much: critical is last."
    )
    max_body: Size = Field(
        default=MAX_BODY, description="The largest request body. Not written: the server's."
    )
    produces: Produces = Field(
        default=(),
        description="Forms of answers that clients can ask for by Accept: json, msgpack, xml, and every part "
        "when it is ready as ndjson or events. Not written: json, whatever they accept.",
    )
    mode: Mode = Field(
        default="whole",
        description="stream: who does not ask otherwise gets every part when it is ready.",
    )


@spec("a route")
class RouteSpec(RouteSettings, Shaped):
    """One entry of ``routes:``. ``method`` and ``pattern`` come from its key.

    ``respond`` is ABSENT where nothing is written; without ``merge`` too, the answer is ``{steps}``.
    """

    method: Text = Field(description="From the route's key.")
    pattern: Text = Field(description="From the route's key.")
    steps: dict[StepName, StepSpec] = Field(description="The calls this route makes, by name.")
    respond: Any | Absent = Field(
        default=ABSENT, description='The answer\'s template. Not written: "{steps}".'
    )
    merge: Annotated[MergeSpec | None, given(MergeSpec)] = Field(
        default=None, description="Instead of respond: the steps' objects as one."
    )
    proxy: Annotated[ProxySpec | None, given(ProxySpec)] = Field(
        default=None,
        description="Instead of steps: one upstream's answer, passed on as it comes. "
        "`upstream/path?query`, or a mapping.",
    )
    summary: MaybeText = Field(default=None, description="One line for the API documentation.")

    @property
    def forms(self) -> tuple[str, ...]:
        """What it produces, the default first; empty if it is JSON whatever a client accepts."""
        return forms_of(self.produces, self.mode) if self.proxy is None else ()

    @model_validator(mode="after")
    def _forms_are_possible(self) -> RouteSpec:
        by_parts = set(self.forms) & set(BY_PARTS)
        undoing = next((name for name, step in self.steps.items() if step.undo is not None), None)
        if by_parts and undoing is not None:
            raise Wrong(
                "an answer cannot begin before it is known whether steps have to be undone",
                "remove ndjson and events, or undo",
                ("mode",) if self.mode == "stream" else ("produces",),
                (("steps", undoing, "undo"),),
            )
        return self

    @model_validator(mode="after")
    def _shape_leaves_the_gateways_own_name_alone(self) -> RouteSpec:
        named = named_at_the_top(self, "degraded") if self.degraded == "body" else None
        if named is not None:
            raise Wrong(
                "the gateway itself writes a key `degraded` into answers",
                "call it differently, or set `degraded: header` on the route",
                at=named,
            )
        return self

    @model_validator(mode="after")
    def _parts_fit_together(self) -> RouteSpec:
        for step, settings in self.steps.items():
            if settings.timeout is not None and self.time_limit <= settings.timeout < math.inf:
                limit = duration_text(self.time_limit)
                raise Wrong(
                    f"a step's timeout must be below the route's time limit, which is {limit}",
                    at=("steps", step, "timeout"),
                    also=(("time_limit",),),
                )
        for index, step in enumerate(self.merge.steps if self.merge else ()):
            if step not in self.steps:
                raise Wrong(
                    f"no step is called `{step}`", did_you_mean(step, self.steps), ("merge", "steps", index)
                )
        return self
