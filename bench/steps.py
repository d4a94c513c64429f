"""``python -m bench.steps``: sources and passages beside what one would write by hand, kept in the docs.

Each is a program of its own (``bench.postgres_step`` and so on), run here one after the other on the server's
core, over the compiled gateway where there is one. Exit status: 0 measured, 1 one of them failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.machine import compiled, two_cores
from bench.table import STEPS, write

_ROOT: Final = Path(__file__).parent.parent
_PAGE: Final = _ROOT / "docs" / "benchmarks.md"
_PROGRAMS: Final = (
    ("PostgreSQL: a step, beside asyncpg by hand", "bench.postgres_step"),
    ("Redis: a step, beside redis-py", "bench.redis_step"),
    ("Lambda by URL: a signed step, beside httpx and botocore", "bench.lambda_step"),
    ("An answer of 1 MB passed on, and the first part of an early flush", "bench.passing"),
)
_OWN_CORES: Final = frozenset({"bench.passing"})
"""Programs that place their processes themselves."""

_LIMIT: Final = 300.0
"""Seconds; each takes less than one minute."""


def measured(module: str) -> str:
    """What *module* printed. Raises ``subprocess.SubprocessError``."""
    path = os.pathsep.join([*map(str, compiled()), str(_ROOT)])
    env = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
    _, core = two_cores()
    pinned = [] if module in _OWN_CORES else ["taskset", "-c", str(core)]
    command = [*pinned, sys.executable, "-m", module]
    done = subprocess.run(
        command,
        env=env,
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LIMIT,
        check=False,
    )
    if done.returncode:
        raise subprocess.SubprocessError(f"{module}: {done.stderr.strip()[-400:]}")
    return done.stdout.strip()


def main() -> int:
    """Measure all, print and keep what could be measured."""
    parts, failed = [], 0
    for heading, module in _PROGRAMS:
        print(f"bench: {module}", file=sys.stderr)
        try:
            parts.append(f"#### {heading}\n\n{measured(module)}")
        except subprocess.SubprocessError as error:
            print(error, file=sys.stderr)
            failed = 1
    text = "\n\n".join(parts)
    print(text)
    if not failed and write(_PAGE, text, STEPS):
        print(f"bench: wrote {_PAGE.relative_to(_ROOT)}", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
