"""Redis: how an upstream says where its Redis is, and what a step asks of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from gateway.config.caching import redis_url
from gateway.config.kinds import Count, MaybeText, choice, text, words_schema
from gateway.config.on_or_off import given
from gateway.config.specs import spec

TIMEOUT = "100ms"
"""A redis upstream's ``timeout`` where nothing is written: a Redis that hangs costs that, and no more."""


def argument(value: Any) -> str:
    """A word of a command: text, or a whole number. Raises `Wrong`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value)


Url = Annotated[
    str,
    PlainValidator(redis_url),
    WithJsonSchema({"type": "string", "pattern": r"^(rediss?(\+(sentinel|cluster))?://|unix://|.*\$\{)"}),
]
Argument = Annotated[str, PlainValidator(argument), WithJsonSchema({"type": ["string", "integer"]})]
Values = Annotated[
    Literal["auto", "json", "text", "base64"],
    PlainValidator(choice("auto", "json", "text", "base64")),
    words_schema("auto", "json", "text", "base64"),
]


@spec("`redis`")
class RedisSpec:
    """``redis:`` of an upstream."""

    url: Url = Field(
        description="redis://host:6379/0, rediss:// for TLS, unix:///path?db=0; "
        "redis+sentinel://host,host/service/0 and redis+cluster://host,host for several servers."
    )
    username: MaybeText = Field(default=None, description="Whom to log in as, if the url does not say.")
    password: MaybeText = Field(default=None, description="With which password: ${NAME}.")
    connections: Count = Field(
        default=2, description="Connections to each server; calls share them and do not wait for each other."
    )


@spec("a step")
class RedisCall:
    """``redis:`` of a step that asks a Redis."""

    redis: Annotated[tuple[Argument, ...] | None, given(list[Argument])] = Field(
        default=None,
        description="A command for a redis upstream: a list of words; with write: true one that writes. "
        "What references stand for is one argument, whatever is in it.",
    )
    values: Values = Field(
        default="auto",
        description="What texts of a Redis are: auto, an object or array is JSON and all else a string; "
        "json, all of them are JSON; text, none is; base64, for bytes.",
    )
