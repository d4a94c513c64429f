"""What a run needs of its machine, and how the report names it (never by host name or path)."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import sysconfig
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("uvicorn", "uvloop", "httptools", "msgspec", "fastapi", "httpx", "aiohttp")

# Debian keeps nginx where an ordinary user's PATH does not look.
SEARCHED = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


class MissingError(Exception):
    """The measurement cannot run on this machine; the message says what is missing and the remedy."""


@dataclass(frozen=True)
class Machine:
    """The tools found, and one core for the server under test, another for load and upstreams."""

    nginx: str
    wrk: str
    load_core: int
    server_core: int

    @classmethod
    def examined(cls, searched: str = SEARCHED) -> Machine:
        """Look in *searched* for what a run needs. Raises ``MissingError`` that names all missing tools."""
        load_core, server_core = two_cores()
        tools = {name: shutil.which(name, path=searched) for name in ("nginx", "wrk")}
        lacking = [name for name, path in tools.items() if path is None]
        if lacking:
            names = " ".join(lacking)
            raise MissingError(
                f"bench: {' and '.join(lacking)} not found; on Debian and Ubuntu: apt-get install {names}"
            )
        return cls(str(tools["nginx"]), str(tools["wrk"]), load_core, server_core)


def two_cores() -> tuple[int, int]:
    """One core for load and upstreams, and one for the server under test. Raises ``MissingError``."""
    if sys.platform != "linux":
        raise MissingError("bench: needs Linux (it pins processes to cores and reads their CPU clocks)")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise MissingError(
            "bench: needs two CPU cores, one for the server and one for the load; only one is usable"
        )
    return cores[0], cores[1]


def others(seconds: float = 1.0) -> float:
    """The share of all cores that was busy during so many *seconds* of ours spent sleeping."""
    before = _busy_and_all()
    time.sleep(seconds)
    busy, whole = (late - early for early, late in zip(before, _busy_and_all(), strict=True))
    return busy / max(whole, 1)


def _busy_and_all() -> tuple[int, int]:
    ticks = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)  # less idle and waiting for disks


def cpu_model(cpuinfo: str) -> str:
    """The processor's name from the text of ``/proc/cpuinfo``; the architecture if it gives none."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in {"model name", "Model", "Hardware"} and value.strip():
            return value.strip()
    return platform.machine()


def compiled(root: Path = Path(__file__).parent.parent) -> list[Path]:
    """Where ``make compile`` put the gateway for this Python; empty if it did not."""
    built = root / "build" / "compiled"
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    return [built] if (built / "gateway" / f"call{suffix}").exists() else []


def described() -> str:
    """Processor, Python, whether the gateway is compiled, and library versions in one line."""
    model = cpu_model(Path("/proc/cpuinfo").read_text())
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    form = f"compiled by mypyc {version('mypy')}" if compiled() else "interpreted"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{model}; {python}; the gateway {form}; {libraries}"
