"""An upstream's ``tls`` → the context with its files, or the fault at the place of the file that is wrong."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.transport.tls import HTTP1, TlsFileError, TlsFiles, context_with

if TYPE_CHECKING:
    from gateway.config import Fault, Places, UpstreamSpec


def tls_context(
    name: str, spec: UpstreamSpec, places: Places, faults: list[Fault], alpn: Sequence[str] = HTTP1
) -> ssl.SSLContext | None:
    """The context of the upstream *name*, which speaks one of *alpn*; ``None`` where the default one will do,
    or with a new fault.

    Reads the files now: what is wrong with them is told at start-up, not by the first call.
    """
    tls = spec.tls
    if tls is None:
        return None

    def path(part: str, written: str | None) -> str | None:
        if written is None:
            return None
        said_in = places.place(("upstreams", name, "tls", part)).file.name
        return str(Path(said_in).parent / written)

    files = TlsFiles(path("ca", tls.ca), path("cert", tls.cert), path("key", tls.key), tls.verify)
    try:
        return context_with(files, alpn)
    except TlsFileError as error:
        at = ("upstreams", name, "tls", error.part)
        hint = "a relative path is relative to this file" if "no such" in error.reason else ""
        faults.append(places.fault(at, f"`{error.part}` cannot be used: {error.reason}", hint))
        return None
