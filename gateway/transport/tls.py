"""What TLS checks and shows: the system's authorities and the host's name, if nobody asks for others."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

HTTP1: Final = ("http/1.1",)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Paths of PEM files. ``ca``: the only authorities to be trusted; ``None``: those of the system.

    ``cert`` is our own certificate with its chain, ``key`` its private key, ``None`` if that stands in
    the same file. ``verify`` off: neither certificate nor name is checked, so anybody can answer.
    """

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    verify: bool = True


class TlsFileError(Exception):
    """A file that cannot be used: ``part`` is ``ca``, ``cert`` or ``key``."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(reason)
        self.part = part
        self.reason = reason


def new_context() -> ssl.SSLContext:
    """Checks against the system's authorities; reading those takes about 20 ms."""
    return _modern(ssl.create_default_context())


def _modern(context: ssl.SSLContext) -> ssl.SSLContext:
    """*context* without what RFC 8996 forbids; some builds of Python leave that to the system's settings."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@cache
def http1_context() -> ssl.SSLContext:
    """The one context of all ``h1`` transports. Nobody may change it: httpx, which does, needs its own."""
    context = new_context()
    context.set_alpn_protocols(HTTP1)
    return context


def context_with(files: TlsFiles, alpn: Sequence[str] = HTTP1) -> ssl.SSLContext:
    """A context of its own that uses *files*, and offers the protocols *alpn*. Raises ``TlsFileError``."""
    context = new_context() if files.ca is None else _trusting(files.ca)
    if not files.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if files.cert is not None:
        _show(context, files.cert, files.key)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def _trusting(ca: str) -> ssl.SSLContext:
    _check_readable("ca", ca)
    try:
        return _modern(ssl.create_default_context(cafile=ca))
    except ssl.SSLError:
        raise TlsFileError("ca", "it holds no certificate in PEM form") from None


def _show(context: ssl.SSLContext, cert: str, key: str | None) -> None:
    _check_readable("cert", cert)
    if key is not None:
        _check_readable("key", key)
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsFileError("key" if key else "cert", "the key is not that of the certificate") from None
        raise TlsFileError(*_unusable(cert, key)) from None


def _unusable(cert: str, key: str | None) -> tuple[str, str]:
    """The part that OpenSSL stumbled over, which it does not say."""
    try:
        ssl.create_default_context(cafile=cert)
    except ssl.SSLError:
        return "cert", "it holds no certificate in PEM form"
    return (
        ("key", "it holds no private key in PEM form")
        if key
        else ("cert", "no `key` is given, and it holds none")
    )


def _no_password() -> str:
    """OpenSSL would ask at the terminal."""
    raise TlsFileError("key", "it is encrypted, and a password cannot be given")


def _check_readable(part: str, path: str) -> None:
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        raise TlsFileError(part, (error.strerror or "it cannot be read").lower()) from None
