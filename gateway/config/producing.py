"""The forms that a route's answers have: ``produces:`` and ``mode:``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import PlainValidator, WithJsonSchema

from gateway.config.faults import Wrong, did_you_mean, one_of
from gateway.config.kinds import choice, words_schema

FORMS = ("json", "msgpack", "xml", "ndjson", "events")
BY_PARTS = ("ndjson", "events")
"""Forms in which a client gets every part when it is ready."""
STREAMED = ("ndjson", "events", "json")
"""What a route in `mode: stream` produces that does not say."""


def forms(value: Any) -> tuple[str, ...]:
    """A list of forms, each once. Raises `Wrong`."""
    if isinstance(value, str) and value in FORMS:
        return (value,)
    if not isinstance(value, list) or not value:
        raise Wrong("this is no list of forms", f"write [json, msgpack]; there are {one_of(FORMS)}")
    for form in value:
        if form not in FORMS:
            meant = did_you_mean(str(form), FORMS)
            raise Wrong(f"`{form}` is not {one_of(FORMS)}", meant)
        if value.count(form) > 1:
            raise Wrong(f"`{form}` stands here twice")
    return tuple(value)


Produces = Annotated[
    tuple[str, ...],
    PlainValidator(forms),
    WithJsonSchema({"anyOf": [{"enum": [*FORMS]}, {"type": "array", "items": {"enum": [*FORMS]}}]}),
]
Mode = Annotated[
    Literal["whole", "stream"], PlainValidator(choice("whole", "stream")), words_schema("whole", "stream")
]


def forms_of(produces: tuple[str, ...], mode: str) -> tuple[str, ...]:
    """What a route produces, its default first; empty if it is JSON whatever a client accepts.

    Raises `Wrong` for a mode that none of the forms is of.
    """
    if mode == "whole":
        if produces in {(), ("json",)}:
            return ()
        return tuple(sorted(produces, key=lambda form: form in BY_PARTS))
    if not produces:
        return STREAMED
    if not set(produces) & set(BY_PARTS):
        raise Wrong("`mode: stream` needs ndjson or events among what the route `produces`", at=("mode",))
    return tuple(sorted(produces, key=lambda form: form not in BY_PARTS))
