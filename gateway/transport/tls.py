"""The TLS settings a connection has when nobody asked for others: verified, named (SNI), HTTP/1.1."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def default_context() -> ssl.SSLContext:
    """Certificates and host names are checked against the system's authorities.

    One for the whole process: reading the authorities costs about 20 ms.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
