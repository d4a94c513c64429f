"""Steps that need no upstream: what they answer stands in the configuration, or in a file."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from gateway.config.faults import Wrong
from gateway.config.kinds import ABSENT, Absent, text
from gateway.config.on_or_off import given
from gateway.config.specs import spec


def file_path(value: Any) -> str:
    """The path of a file; never made from a request. Raises `Wrong`."""
    written = text(value)
    if "{" in written or "}" in written:
        raise Wrong("the path of a file is never a template", "only ${NAME} can stand in it")
    if not written:
        raise Wrong("there is no path")
    if "\0" in written:
        raise Wrong("{it} is not the path of a file")
    return written


FilePath = Annotated[str, PlainValidator(file_path), WithJsonSchema({"type": "string"})]


@spec("a step")
class ValueCall:
    """``value:`` of a step."""

    value: Any | Absent = Field(
        default=ABSENT,
        description="In place of a call: the step's answer. Any JSON value; every text in it is a template.",
    )


@spec("a step")
class FileCall:
    """``file:`` of a step."""

    file: Annotated[FilePath | None, given(FilePath)] = Field(
        default=None,
        description="In place of a call: a file whose JSON (.json), or text, is the step's answer. "
        "A relative path is relative to this configuration file. Read again when it changes.",
    )
