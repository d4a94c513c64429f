"""``tls:`` of an upstream, and the socket that may stand in for its address: files, named and checked."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from gateway.config.faults import Wrong
from gateway.config.kinds import Shown, Switch, or_off, text
from gateway.config.specs import spec

LONGEST_SOCKET = 107
"""Bytes of a unix socket's path (``sun_path`` of Linux without its closing NUL)."""


def file_name(value: Any) -> str:
    """A path; relative ones are relative to the file that says so. Raises `Wrong`."""
    written = text(value)
    if not written or not written.isprintable():
        raise Wrong("{it} is not a path")
    return written


def server_name(value: Any) -> str:
    """The name that a certificate is for. Raises `Wrong`."""
    written = text(value)
    if not written.isascii() or not written.isprintable() or not written or set(written) & set("/:@ "):
        raise Wrong("{it} is not a host's name", "write only the name, other names in their xn-- form")
    return written


def socket_path(value: Any) -> str:
    """The absolute path of a unix socket. Raises `Wrong`."""
    written = file_name(value)
    if not written.startswith("/"):
        raise Wrong("{it} is not an absolute path", "write /run/name.sock; the url still names host and path")
    if len(written.encode()) > LONGEST_SOCKET:
        raise Wrong(f"a socket's path has at most {LONGEST_SOCKET} bytes")
    return written


_TEXT = WithJsonSchema({"type": "string"})
FileName = Annotated[str | None, PlainValidator(file_name), _TEXT]
ServerName = Annotated[str | None, PlainValidator(server_name), _TEXT]
SocketPath = Annotated[
    str | None, PlainValidator(or_off(socket_path)), _TEXT, Shown(lambda value: value or "off")
]


@spec("`tls`")
class TlsSpec:
    """``tls:`` - whom to trust, and what to show. Files are in PEM form."""

    ca: FileName = Field(
        default=None, description="File with the only authorities to trust. Not written: the system's."
    )
    cert: FileName = Field(default=None, description="File with the gateway's own certificate and its chain.")
    key: FileName = Field(default=None, description="File with its private key, if that is another one.")
    server_name: ServerName = Field(
        default=None, description="The name to ask for and to check, if it is not the url's host."
    )
    verify: Switch = Field(
        default=True, description="off checks neither certificate nor name: anybody can answer."
    )

    @model_validator(mode="after")
    def _files_belong_together(self) -> TlsSpec:
        if self.key is not None and self.cert is None:
            raise Wrong("`key` is that of a `cert`, which is missing", at=("key",))
        if self.ca is not None and not self.verify:
            raise Wrong("`ca` is not looked at with `verify: off`", at=("ca",), also=(("verify",),))
        return self
