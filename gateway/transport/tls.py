"""The TLS settings a connection has when nobody asked for others: certificates and names are checked."""

from __future__ import annotations

import ssl
from functools import cache


def new_context() -> ssl.SSLContext:
    """Checks against the system's authorities; reading those takes about 20 ms."""
    return ssl.create_default_context()


@cache
def http1_context() -> ssl.SSLContext:
    """The one context of all ``h1`` transports. Nobody may change it: httpx, which does, needs its own."""
    context = new_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
