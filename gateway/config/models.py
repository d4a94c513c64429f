"""The whole configuration, as frozen specs."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from gateway.config.faults import Wrong
from gateway.config.kinds import Name, Text
from gateway.config.route import RouteSettings, RouteSpec
from gateway.config.server import ServerSpec
from gateway.config.specs import spec
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
    defaults: Defaults = Field(
        default_factory=Defaults, description="What holds for every upstream and every route."
    )
    upstreams: dict[Name, UpstreamSpec] = Field(description="The services that are called, by name.")
    routes: dict[Text, RouteSpec] = Field(description="What is served: `METHOD /path`.")
