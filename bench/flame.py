"""``python -m bench.flame ROW``: where a server's time goes under load, by py-spy.

py-spy is not among the project's dependencies: ``pip install py-spy`` somewhere on the PATH. It reads the
other process's memory, which takes root or a kernel that allows it (``sysctl kernel.yama.ptrace_scope``).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import wrk
from bench.machine import Machine, MissingError
from bench.processes import NotReadyError, Process
from bench.rounds import CONNECTIONS, to_stderr
from bench.rows import ROWS, Row
from bench.servers import start, wrong
from bench.upstreams import Upstreams

RATE = 200
"""Samples per second; the server stands still during each."""


def record(row: Row, machine: Machine, py_spy: str, seconds: int, out: Path) -> None:
    """Load *row* and write what its server was doing to *out* (``*.txt``: stacks, else a flame graph)."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        upstreams = stack.enter_context(Upstreams(machine, root))
        server = start(row.server, machine, upstreams.urls, root, stack)
        fault = wrong(server, row)
        if fault:
            raise NotReadyError(f"{row.name}: {fault}")
        kind = "raw" if out.suffix == ".txt" else "flamegraph"
        command = [py_spy, "record", "--pid", str(server.process.pid), "--duration", str(seconds)]
        command += ["--rate", str(RATE), "--format", kind, "--output", str(out)]
        recorder = stack.enter_context(Process(command, machine.load_core, root / "py-spy.log"))
        url = server.url(row)
        load = wrk.run(machine.wrk, machine.load_core, url, connections=CONNECTIONS, seconds=seconds + 2)
        recorder.wait(30)
        if not out.exists():
            raise NotReadyError(f"py-spy wrote nothing{recorder.last_words()}")
        to_stderr(f"{row.name}: {load.rate:,.0f} requests/s while watched; wrote {out}")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.flame", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("row", choices=[row.name for row in ROWS], metavar="ROW", help="a row of the table")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("flame.svg"), help="flame graph, or stacks if *.txt")
    chose = parser.parse_args(arguments)
    py_spy = shutil.which("py-spy")
    row = next(row for row in ROWS if row.name == chose.row)
    if py_spy is None:
        print("bench: py-spy not found; pip install py-spy (best not into .venv)", file=sys.stderr)
        return 2
    try:
        record(row, Machine.examined(), py_spy, chose.seconds, chose.out)
    except (MissingError, NotReadyError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
