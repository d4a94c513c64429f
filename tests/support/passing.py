"""Upstreams and clients for routes that pass answers on, over real sockets."""

import contextlib
import resource
import sys

from tests.support.gateways import serving

KINDS = ("h1", "httpx")

CONFIG = """
server: { access_log: all }
upstreams:
  files: { url: "${FILES}", transport: @KIND, retry: off, timeout: 500ms, breaker: { consecutive: 3 } }
routes:
  ANY /f/{rest:path}:
    time_limit: 1s
    proxy: { to: "files/{rest}", @PROXY }
"""


@contextlib.asynccontextmanager
async def passing(script, kind="h1", proxy="idle_timeout: 2s", config=CONFIG, **changed):
    """A gateway that passes on what *script* answers; *changed* are pieces of text to replace."""
    text = config.replace("@KIND", kind).replace("@PROXY", proxy)
    for old, new in changed.items():
        text = text.replace(old, new)
    async with serving(text, FILES=script) as served:
        yield served


def resident():
    """The most memory this process has had so far, in bytes."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024
