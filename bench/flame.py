"""``python -m bench.flame ROW``: where a server's time goes under load, by py-spy.

py-spy is not among the project's dependencies: the one on the PATH is taken, or pip puts one into a temporary
directory. It reads the other process's memory, which takes root or a kernel that allows it
(``sysctl kernel.yama.ptrace_scope``).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import flame_plot, stacks, wrk
from bench.machine import Machine, MissingError
from bench.node import UnavailableError
from bench.processes import NotReadyError, Process
from bench.rounds import SLOW, to_stderr
from bench.rows import ROWS, Row
from bench.servers import environment, start, wrong
from bench.table import FLAME, aligned, write
from bench.upstreams import Delayed, Upstreams

RATE = 200
"""Samples per second; the server stands still during each."""

LONGEST = 300_000
"""Bytes of a flame graph that is kept in the docs."""

TOP = 30
"""Functions in the list of those that take the most time."""

_DOCS = Path(__file__).parent.parent / "docs"


def record(row: Row, machine: Machine, seconds: int) -> tuple[list[stacks.Stack], float]:
    """Load *row* and watch its server for *seconds*; the stacks, and the answers per second meanwhile."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        py_spy = found(root)
        upstreams = stack.enter_context(Upstreams(machine, root))
        slow = stack.enter_context(Delayed(machine, root, SLOW))
        env = environment(upstreams.urls, slow.urls[0])
        server = start(row.server, machine, env, root, stack)
        if fault := wrong(server, row):
            raise NotReadyError(f"{row.name}: {fault}")
        out = root / "stacks.txt"
        command = [py_spy, "record", "--native", "--pid", str(server.process.pid), "--format", "raw"]
        command += ["--duration", str(seconds), "--rate", str(RATE), "--output", str(out)]
        recorder = stack.enter_context(Process(command, machine.load_core, root / "py-spy.log"))
        url = server.url(row.path)
        load = wrk.run(
            machine.wrk, machine.load_core, url, connections=row.connections, seconds=seconds + 2, patience=10
        )
        recorder.wait(30)
        if not out.exists():
            raise NotReadyError(f"py-spy wrote nothing{recorder.last_words()}")
        return stacks.parsed(out.read_text()), load.rate


def found(root: Path) -> str:
    """py-spy on the PATH, or in *root*, where pip puts it. Raises ``MissingError``."""
    on_path = shutil.which("py-spy")
    if on_path is not None:
        return on_path
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(root / "py-spy"), "py-spy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    own = root / "py-spy" / "bin" / "py-spy"
    if done.returncode or not own.exists():
        raise MissingError(f"bench: py-spy not found, and pip could not get it: {done.stderr.strip()[-200:]}")
    return str(own)


def text(watched: Sequence[stacks.Stack]) -> str:
    """Shares by area and by function, as Markdown."""
    areas = [[name, f"{share:.1%}"] for name, share in stacks.by_area(watched)]
    functions = [[f"`{name}`", f"{share:.1%}"] for name, share in stacks.own_time(watched)[:TOP]]
    return f"{aligned(('area', 'own time'), areas)}\n\n{aligned(('function', 'own time'), functions)}"


def keep(row: Row, picture: str, listed: str) -> None:
    """Put the picture and the lists into the docs; a picture that is too long is left out."""
    shown = ""
    if len(picture.encode()) <= LONGEST:
        (_DOCS / "flame.svg").write_text(picture)
        shown = f"![Flame graph of {row.label}](flame.svg)\n\n"
    if write(_DOCS / "benchmarks.md", shown + listed, FLAME):
        to_stderr("wrote docs/benchmarks.md")


def options(arguments: Sequence[str]) -> argparse.Namespace:
    summary = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m bench.flame", description=summary)
    parser.add_argument("row", choices=[row.name for row in ROWS], metavar="ROW", help="a row of the table")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--out", type=Path, default=Path("flame.svg"), help="default: flame.svg")
    parser.add_argument("--keep", action="store_true", help="put picture and lists into docs/ instead")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    chose = options(arguments)
    row = next(row for row in ROWS if row.name == chose.row)
    try:
        watched, rate = record(row, Machine.examined(), chose.seconds)
    except (MissingError, NotReadyError, UnavailableError, wrk.UnreadableError) as error:
        print(error, file=sys.stderr)
        return 2
    samples = sum(stack.samples for stack in watched)
    title = f"{row.label}: {samples:,} samples at {rate:,.0f} requests/s; below stands what is called"
    picture, listed = flame_plot.svg(watched, title), text(watched)
    print(listed)
    if chose.keep:
        keep(row, picture, listed)
    else:
        chose.out.write_text(picture)
        to_stderr(f"wrote {chose.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
