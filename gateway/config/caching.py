"""What is kept of a step's answers, and where: ``cache:`` of a step, ``stores:`` of all of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from gateway.config.faults import Wrong
from gateway.config.kinds import Duration, DurationOrOff, MaybeName, Size, Switch, Text, text
from gateway.config.on_or_off import given
from gateway.config.specs import spec
from gateway.stores.redis_address import AddressError, parse_address


def redis_url(value: Any) -> str:
    """The URL of a Redis or Valkey, or of several; a user and password may stand in it. Raises `Wrong`."""
    written = text(value)
    try:
        parse_address(written)
    except AddressError as error:
        raise Wrong(error.message, error.hint) from None
    return written


RedisUrl = Annotated[str | None, PlainValidator(redis_url), WithJsonSchema({"type": "string"})]


@spec("a store")
class StoreSpec:
    """One entry of ``stores:``: memory, or a redis with memory in front of it."""

    redis: RedisUrl = Field(default=None, description="URL of a Redis or Valkey, which processes share.")
    memory: Annotated[Size | None, given(Size)] = Field(
        default=None,
        description="Bytes of this process's memory; what was asked for least lately goes first. "
        "Not written beside a redis: 16MiB in front of it.",
    )
    timeout: Duration = Field(
        default=0.005, description="How long a redis may take; what takes longer is as if it knew nothing."
    )

    @model_validator(mode="after")
    def _is_something(self) -> StoreSpec:
        if self.redis is None and self.memory is None:
            raise Wrong("a store says what it is", "write { redis: redis://host:6379 } or { memory: 64MiB }")
        return self


@spec("`cache`")
class CacheSpec:
    """``cache:`` of a step. Durations in seconds, zero for ``off``."""

    ttl: Duration = Field(description="How long an answer is as good as a live one; ±10 % at random.")
    stale_while_revalidate: DurationOrOff = Field(
        default=0.0, description="How long after that it still is served, while one call asks for a new one."
    )
    stale_if_error: DurationOrOff = Field(
        default=0.0, description="How long after ttl it may stand in for a failure."
    )
    key: Annotated[tuple[Text, ...] | None, given(list[Text])] = Field(
        default=None,
        description="References that tell copies apart. Not written: all that the call says. "
        "What it reads of authorization, cookies and claims always counts.",
    )
    cache_control: Switch = Field(
        default=False, description="on: the upstream's Cache-Control and Age count, with ttl as the longest."
    )
    store: MaybeName = Field(
        default=None, description="One of `stores`. Not written: 64MiB of memory that all caches share."
    )

    @model_validator(mode="after")
    def _key_is_a_key(self) -> CacheSpec:
        if self.key is not None and not self.key:
            raise Wrong("a key without references is the same for everybody", "remove it", at=("key",))
        return self
