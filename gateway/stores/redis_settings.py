"""Where a Redis is, and how long anybody waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class RedisSettings:
    """Times are seconds. ``url`` is ``redis://``, ``rediss://`` or ``unix://`` and may hold a password, so
    no text that this package writes ever contains it.

    ``timeout`` bounds what a caller waits for an answer. ``give_up`` bounds a command on its connection,
    which is then dropped; until then late answers are still read, so that a slow server costs no reconnects.
    ``links`` connections serve reads, one more serves writes. ``max_reads`` reads may wait to be sent, and
    ``max_written`` bytes to be written; ``max_value`` is the largest body that is kept.
    """

    url: str
    namespace: str = "gateway"
    timeout: float = 0.005
    connect_timeout: float = 0.5
    give_up: float = 0.25
    links: int = 2
    max_reads: int = 1000
    max_written: int = 8 * 1024 * 1024
    max_value: int = 1024 * 1024

    @property
    def address(self) -> str:
        """The url without user, password and options."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}"

    def __repr__(self) -> str:
        return f"<RedisSettings {self.address}, namespace {self.namespace}>"
