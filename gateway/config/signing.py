"""AWS: what requests are signed with, and for whom."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PlainValidator, model_validator

from gateway.config.faults import Wrong
from gateway.config.kinds import MaybeText, choice, words_schema
from gateway.config.on_or_off import given
from gateway.config.specs import spec

AuthType = Annotated[Literal["aws_iam"], PlainValidator(choice("aws_iam")), words_schema("aws_iam")]


@spec("`credentials`")
class CredentialsSpec:
    """``credentials:`` - other ones than the standard chain finds."""

    profile: MaybeText = Field(default=None, description="A profile of the shared files.")
    access_key_id: MaybeText = Field(default=None, description="An access key: ${NAME}.")
    secret_access_key: MaybeText = Field(default=None, description="Its secret: ${NAME}.")
    session_token: MaybeText = Field(default=None, description="Its token, if it is temporary: ${NAME}.")

    @model_validator(mode="after")
    def _are_whole(self) -> CredentialsSpec:
        if bool(self.access_key_id) != bool(self.secret_access_key):
            missing = "secret_access_key" if self.access_key_id else "access_key_id"
            present = "access_key_id" if self.access_key_id else "secret_access_key"
            raise Wrong(f"`{missing}` is missing beside `{present}`", at=(present,))
        if self.profile and self.access_key_id:
            raise Wrong("`profile` and keys exclude each other", at=("profile",), also=(("access_key_id",),))
        if self.session_token and not self.access_key_id:
            raise Wrong("a token is good with its keys only", "write access_key_id too", ("session_token",))
        return self


Credentials = Annotated[CredentialsSpec | None, given(CredentialsSpec)]

WHERE = (
    "Not written: the standard chain (environment, shared files, SSO, web identity, container, instance), "
    "looked up off the loop."
)


@spec("`auth`")
class AuthSpec:
    """``auth:`` of an upstream - how its requests say who is calling."""

    type: AuthType = Field(description="aws_iam: each attempt is signed with SigV4.")
    region: MaybeText = Field(
        default=None, description="The AWS region. Not written: that of a function URL's host."
    )
    service: MaybeText = Field(default=None, description="The AWS service. Not written: lambda.")
    credentials: Credentials = Field(default=None, description=WHERE)
