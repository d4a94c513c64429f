"""Objects in buckets: how an upstream says where its S3 is, and what a step asks of it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from gateway.config.addresses import Url
from gateway.config.faults import Wrong
from gateway.config.kinds import MaybeText, text
from gateway.config.on_or_off import given
from gateway.config.signing import WHERE, Credentials
from gateway.config.specs import spec
from gateway.config.units import DURATION_PATTERN, duration

LONGEST_LINK = 7 * 86_400
"""Seconds that a link may be good for: what S3 allows."""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)


def bucket_name(value: Any) -> str:
    """The name of a bucket. Raises `Wrong`."""
    written = text(value)
    if _BUCKET.fullmatch(written) is None:
        raise Wrong("{it} is not the name of a bucket", "3 to 63 small letters, digits, dots and hyphens")
    return written


def lifetime(value: Any) -> float:
    """How long a link is good for. Raises `Wrong`."""
    seconds = duration(value)
    if not 1.0 <= seconds <= LONGEST_LINK:
        raise Wrong("{it} is no time that a link can be good for", "write 1s to 168h, such as 5m")
    return seconds


Bucket = Annotated[str, PlainValidator(bucket_name), WithJsonSchema({"type": "string"})]
Lifetime = Annotated[
    float, PlainValidator(lifetime), WithJsonSchema({"type": "string", "pattern": f"^{DURATION_PATTERN}$"})
]


@spec("`s3`")
class S3Spec:
    """``s3:`` of an upstream."""

    bucket: Bucket = Field(description="The bucket.")
    region: MaybeText = Field(
        default=None, description="The AWS region; for other servers any word they take."
    )
    endpoint: Annotated[Url | None, given(Url)] = Field(
        default=None,
        description="Another URL than AWS': MinIO, SeaweedFS, R2. The bucket is then part of the path.",
    )
    links: Annotated[Url | None, given(Url)] = Field(
        default=None, description="Where `presign` links point, if clients reach it by another URL."
    )
    credentials: Credentials = Field(default=None, description=WHERE)


@spec("a step")
class S3Call:
    """``object:`` of a step that reads an S3."""

    object: MaybeText = Field(
        default=None, description="The key of an object for an s3 upstream: a path, a template."
    )
    presign: Annotated[Lifetime | None, given(Lifetime)] = Field(
        default=None,
        description="In place of the object a link to it that is good for so long, for whoever has it.",
    )
