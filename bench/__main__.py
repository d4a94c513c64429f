"""``python -m bench``: measure everything in one run, print the tables, and keep a whole run in the docs.

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

from bench import latency, memory, node, plot, report
from bench.figures import figures, ratios
from bench.machine import Machine, MissingError, described
from bench.processes import NotReadyError
from bench.report import Findings
from bench.rounds import OFTEN, Bench, to_stderr
from bench.rows import ROWS, VERSUS, chosen
from bench.table import BENCH, SHORT, write
from bench.upstreams import Upstreams

_ROOT = Path(__file__).parent.parent
_PAGE, _README = _ROOT / "docs" / "benchmarks.md", _ROOT / "README.md"
_PLOT = _ROOT / "docs" / "benchmarks.svg"


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="rounds over all rows (default 3)")
    parser.add_argument("--seconds", type=int, default=2, help="length of one sample (default 2)")
    parser.add_argument(
        "--rows", default="", metavar="NAME,NAME", help=f"these only: {', '.join(row.name for row in ROWS)}"
    )
    parser.add_argument("--no-latency", action="store_true", help="leave out the latencies at fixed rates")
    parser.add_argument("--no-memory", action="store_true", help="leave out the memory per request in flight")
    parser.add_argument(
        "--quick", action="store_true", help="the costs only, two rounds of one second; the docs stay"
    )
    found = parser.parse_args(arguments)
    if found.rounds < 1 or found.seconds < 1:
        parser.error("--rounds and --seconds are whole numbers from 1")
    if found.quick:
        found.rounds, found.seconds = 2, 1
        found.no_latency = found.no_memory = True
    try:
        found.rows = chosen([name for name in found.rows.split(",") if name])
    except ValueError as error:
        parser.error(str(error))
    found.whole = len(found.rows) == len(ROWS) and not found.no_latency and not found.no_memory
    return found


def run(machine: Machine, chose: argparse.Namespace) -> Findings:
    """Start everything, measure, stop everything. Raises ``NotReadyError`` if the upstreams do not start."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        rows = chose.rows
        with ExitStack() as servers:
            bench = Bench(machine, root, servers, chose.seconds, to_stderr)
            bench.prepare(rows)
            bench.measure(rows, chose.rounds)
            found = figures(rows, bench.rounds, bench.failed, bench.left_out)
        upstreams = stack.enter_context(Upstreams(machine, root))
        ceilings = {figure.row.name: figure.sample.rate for figure in found if figure.sample}
        latencies = memories = None
        if not chose.no_latency:
            latencies = latency.measure(machine, upstreams, root, ceilings, 2.5 * chose.seconds, to_stderr)
        if not chose.no_memory:
            memories = memory.measure(machine, root, 4 * chose.seconds, to_stderr)
        how = f"medians of {chose.rounds} interleaved rounds, samples of {chose.seconds} s"
        how += f", {OFTEN} of them in each round where a target depends on them"
        versions = ", ".join(filter(None, [described(), node.versions(root)]))
        about = f"Measured {datetime.now(UTC):%Y-%m-%d}; {versions}; {how}.{report.crowded(found[0])}"
        return Findings(
            found, ratios(VERSUS, bench.rounds), latencies or (), memories, about, retaken=bench.retaken
        )


def keep(found: Findings) -> None:
    """Put a whole run into the docs."""
    _PLOT.write_text(plot.svg(found.figures))
    for page, content, markers in ((_PAGE, report.page(found), BENCH), (_README, report.short(found), SHORT)):
        if write(page, content, markers):
            to_stderr(f"wrote {page.relative_to(_ROOT)}")


def main(arguments: Sequence[str]) -> int:
    chose = options(arguments)
    # An orderly stop, whoever asks: leaving the stack of `run` ends every process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        found = run(Machine.examined(), chose)
    except (MissingError, NotReadyError) as error:
        print(error, file=sys.stderr)
        return 2
    print(report.page(found))
    if found.failed:
        return 1
    if chose.whole:
        keep(found)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
