"""Where an upstream is: scheme, host and port, and the bytes that name it on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """The fixed part of every URL of one upstream. ``host`` has no brackets, also for IPv6."""

    scheme: str
    host: str
    port: int

    def __post_init__(self) -> None:
        if self.scheme not in _PORTS:
            raise ValueError(f"{self.scheme!r} is not http or https")
        if not self.host or not 0 < self.port < 65536:
            raise ValueError(f"no host or no port in {self!r}")

    @classmethod
    def of(cls, url: str) -> Self:
        """The origin of *url*; path, query and the rest are ignored. Raises ``ValueError``."""
        parts = urlsplit(url)
        port = parts.port if parts.port is not None else _PORTS.get(parts.scheme, 0)
        return cls(parts.scheme, _ascii(parts.hostname or ""), port)

    @property
    def secure(self) -> bool:
        """TLS is spoken."""
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """The value of the host header: brackets around IPv6, no port where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def _ascii(host: str) -> str:
    """International names travel as punycode."""
    return host if host.isascii() else host.encode("idna").decode("ascii")
