"""The whole configuration, as frozen specs."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from gateway.config.caching import StoreSpec
from gateway.config.faults import Wrong, did_you_mean
from gateway.config.kinds import Name, Text
from gateway.config.route import RouteSettings, RouteSpec
from gateway.config.server import ServerSpec
from gateway.config.specs import spec
from gateway.config.telemetry import TelemetrySpec
from gateway.config.upstream import UpstreamSettings, UpstreamSpec

VERSION = 1


def version(value: Any) -> int:
    """The only version there is. Raises `Wrong`."""
    if value != VERSION or isinstance(value, bool) or not isinstance(value, int):
        raise Wrong("{it} is not a version this gateway reads", f"write {VERSION}, or remove the key")
    return VERSION


Version = Annotated[int, PlainValidator(version), WithJsonSchema({"const": VERSION})]


@spec("`defaults`")
class Defaults:
    """``defaults:`` - already worked into upstreams and routes when a `Config` is made."""

    upstream: UpstreamSettings = Field(default_factory=UpstreamSettings, description="For every upstream.")
    route: RouteSettings = Field(default_factory=RouteSettings, description="For every route.")


@spec("the configuration")
class Config:
    """A checked configuration. Keys of ``routes`` are as written: ``GET /user/{id:int}``."""

    version: Version = Field(default=VERSION, description="Of this format.")
    server: ServerSpec = Field(default_factory=ServerSpec, description="The gateway's own settings.")
    telemetry: TelemetrySpec = Field(
        default_factory=TelemetrySpec, description="What the gateway tells of itself."
    )
    defaults: Defaults = Field(
        default_factory=Defaults, description="What holds for every upstream and every route."
    )
    stores: dict[Name, StoreSpec] = Field(
        default_factory=dict, description="Where caches keep their copies, by name."
    )
    upstreams: dict[Name, UpstreamSpec] = Field(description="The services that are called, by name.")
    routes: dict[Text, RouteSpec] = Field(description="What is served: `METHOD /path`.")

    @model_validator(mode="after")
    def _stores_are_there(self) -> Config:
        for name, upstream in self.upstreams.items():
            share = upstream.breaker.share if upstream.breaker is not None else None
            if share is not None:
                at = ("upstreams", name, "breaker", "share")
                if self._store(share, at).redis is None:
                    hint = "other processes see only a redis"
                    raise Wrong(f"`{share}` is this process's own memory", hint, at, (("stores", share),))
        for key, route in self.routes.items():
            for step, settings in route.steps.items():
                if settings.cache is not None and settings.cache.store is not None:
                    self._store(settings.cache.store, ("routes", key, "steps", step, "cache", "store"))
        return self

    def _store(self, name: str, at: tuple[str, ...]) -> StoreSpec:
        if name not in self.stores:
            raise Wrong(f"no store is called `{name}`", did_you_mean(name, self.stores), at)
        return self.stores[name]
