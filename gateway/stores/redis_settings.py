"""Where a Redis is, and how long anybody waits for it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from gateway.stores.redis_address import RedisAddress, parse_address


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class RedisSettings:
    """Times are seconds. ``url`` is one of ``redis_address`` and may hold a password, so no text that this
    package writes ever contains it. ``username`` and ``password`` count before those of the url; *context*
    is for TLS in place of the system's. ``of`` says in log lines whose Redis it is.

    ``timeout`` bounds what a caller waits for an answer. ``give_up`` bounds a command on its connection,
    which is then dropped; until then late answers are still read, so that a slow server costs no reconnects.
    There are ``links`` connections to each server (for the writes of a store one more), and ``max_asked``
    questions to it may be without an answer. ``max_answer`` is the largest answer that is read at all, in
    bytes of all its texts. A store has ``max_written`` bytes on their way at most, and keeps no body over
    ``max_value``.
    """

    url: str
    of: str = "a store"
    username: str | None = None
    password: str | None = None
    context: ssl.SSLContext | None = None
    namespace: str = "gateway"
    timeout: float = 0.005
    connect_timeout: float = 0.5
    give_up: float = 0.25
    links: int = 2
    max_asked: int = 1000
    max_written: int = 8 * 1024 * 1024
    max_value: int = 1024 * 1024
    max_answer: int = 16 * 1024 * 1024

    @property
    def target(self) -> RedisAddress:
        """What the url says."""
        return parse_address(self.url)

    @property
    def address(self) -> str:
        """The url without user, password and options."""
        return self.target.shown

    def __repr__(self) -> str:
        return f"<RedisSettings {self.address}, namespace {self.namespace}>"
