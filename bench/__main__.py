"""``python -m bench``: measure everything in one run, print the table, and keep a whole run in the docs.

Exit status: 0 measured, 1 a row failed, 2 something needed is missing or the command line is wrong.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench import plot, table
from bench.figures import Figure, figures
from bench.machine import Machine, MissingError, described
from bench.processes import NotReadyError
from bench.rounds import CONNECTIONS, Bench, to_stderr
from bench.rows import ROWS, Row, chosen
from bench.upstreams import Upstreams

_ROOT = Path(__file__).parent.parent
_PAGES = (_ROOT / "docs" / "benchmarks.md", _ROOT / "README.md")
_PLOT = _ROOT / "docs" / "benchmarks.svg"


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="samples per row, interleaved (default 5)")
    parser.add_argument("--seconds", type=int, default=2, help="length of one sample (default 2)")
    parser.add_argument("--rows", default="", metavar="NAME,NAME", help=", ".join(row.name for row in ROWS))
    parser.add_argument(
        "--quick", action="store_true", help="two rounds of one second; the docs stay as they are"
    )
    found = parser.parse_args(arguments)
    if found.rounds < 1 or found.seconds < 1:
        parser.error("--rounds and --seconds are whole numbers from 1")
    if found.quick:
        found.rounds, found.seconds = 2, 1
    try:
        found.rows = chosen([name for name in found.rows.split(",") if name])
    except ValueError as error:
        parser.error(str(error))
    return found


def run(machine: Machine, rows: Sequence[Row], rounds: int, seconds: int) -> list[Figure]:
    """Start everything, measure, stop everything. Raises ``NotReadyError`` if the upstreams do not start."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        upstreams = stack.enter_context(Upstreams(machine, root))
        bench = Bench(machine, upstreams, seconds, to_stderr)
        bench.prepare(rows, root, stack)
        bench.measure(rows, rounds)
        return figures(rows, bench.samples, bench.failed)


def report(found: Sequence[Figure], rounds: int, seconds: int) -> str:
    """The table with the line that says when, on what and how it was measured."""
    how = f"{CONNECTIONS} connections, median of {rounds} interleaved rounds of {seconds} s"
    line = f"Measured {datetime.now(UTC):%Y-%m-%d}; {described()}; {how}."
    return f"{table.markdown(found)}\n\n{line}{crowded(found[0])}"


def crowded(bare: Figure) -> str:
    """A warning if others used the server's core: bare keeps it fully busy when it has it for itself."""
    if bare.sample is None or bare.sample.busy >= 0.9:
        return ""
    share = f"{bare.sample.busy:.0%}".replace("%", " %")
    return f" **The machine was busy with other work: bare had only {share} of its core.**"


def main(arguments: Sequence[str]) -> int:
    chose = options(arguments)
    # An orderly stop, whoever asks: leaving the stack of `run` ends every process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        found = run(Machine.examined(), chose.rows, chose.rounds, chose.seconds)
    except (MissingError, NotReadyError) as error:
        print(error, file=sys.stderr)
        return 2
    text = report(found, chose.rounds, chose.seconds)
    print(text)
    if any(figure.failed for figure in found):
        return 1
    if len(found) == len(ROWS) and not chose.quick:
        _PLOT.write_text(plot.svg(found))
        for page in table.write(_PAGES, text):
            to_stderr(f"wrote {page.relative_to(_ROOT)}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
