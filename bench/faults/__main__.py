"""``python -m bench.faults``: let things go wrong, print what became of the requests, judge the targets.

Exit status: 0 measured (also if a target was missed), 1 a trial failed, 2 something needed is missing or the
command line is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from bench.faults import picture
from bench.faults.mocks import Mocks
from bench.faults.page import FAULTS, Findings, page
from bench.faults.scenarios import ALONE, RATE, SCENARIOS, Scenario
from bench.faults.trial import Lane, Trial
from bench.faults.variants import DEFAULTS, VARIANTS, Variant, chosen
from bench.machine import MissingError, described, others, two_cores
from bench.processes import NotReadyError
from bench.table import write

_DOCS = Path(__file__).parents[2] / "docs"
_QUICK = ("slow,stalls,outage-cold", "defaults,no-breaker,hedge,peer")

Pair = tuple[Variant, Scenario]


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.faults", description=(__doc__ or "").splitlines()[0]
    )
    named = ", ".join(scenario.name for scenario in SCENARIOS)
    parser.add_argument("--scenarios", default="", metavar="NAME,NAME", help=f"these only: {named}")
    named = ", ".join(variant.name for variant in VARIANTS)
    parser.add_argument("--variants", default="", metavar="NAME,NAME", help=f"these only: {named}")
    parser.add_argument(
        "--lanes", type=int, default=1, help="servers under test at a time (default 1; more share two cores)"
    )
    parser.add_argument("--quick", action="store_true", help="a part that takes a minute; the docs stay")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write this page, whatever was measured")
    found = parser.parse_args(arguments)
    if found.lanes < 1:
        parser.error("--lanes is a whole number from 1")
    found.whole = not (found.quick or found.scenarios or found.variants)
    if found.quick:
        found.scenarios, found.variants = found.scenarios or _QUICK[0], found.variants or _QUICK[1]
    try:
        found.pairs = pairs(_names(found.scenarios), _names(found.variants))
    except ValueError as error:
        parser.error(str(error))
    found.page = found.page or (_DOCS / "faults.md" if found.whole else None)
    return found


def pairs(scenarios: Sequence[str], variants: Sequence[str]) -> list[Pair]:
    """What is to be tried, scenario by scenario. Raises ``ValueError`` for a name that is none."""
    known = {scenario.name for scenario in SCENARIOS}
    if unknown := set(scenarios) - known:
        raise ValueError(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    asked = chosen(list(variants))
    return [
        (variant, scenario)
        for scenario in SCENARIOS
        if not scenarios or scenario.name in scenarios
        for variant in asked
        if not scenario.only or variant.name in scenario.only
    ]


async def run(cores: tuple[int, int], chose: argparse.Namespace) -> Findings:
    """Try everything. Raises ``NotReadyError`` if the mock services do not start."""
    os.sched_setaffinity(0, {cores[0]})
    busy = others()
    async with AsyncExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        lanes = []
        for number in range(chose.lanes):
            own = root / str(number)
            own.mkdir()
            mocks = await stack.enter_async_context(Mocks(cores[0], own))
            await mocks.restore()
            lanes.append(Lane(mocks, cores, own))
        trials = await _shared_out(chose.pairs, lanes)
        if chose.whole:
            trials += await _shared_out([(DEFAULTS, scenario) for scenario in ALONE], lanes[:1])
    at_a_time = "one server at a time" if chose.lanes == 1 else f"{chose.lanes} servers at a time"
    how = f"{RATE:.0f} requests/s per server, {at_a_time}"
    about = f"Measured {datetime.now(UTC):%Y-%m-%d}; {described()}; {how}."
    if (most := max(busy, others())) > 0.1:
        share = f"{most:.0%}".replace("%", " %")
        about += f" **The machine was busy with other work ({share} of it, before or after the run).**"
    return Findings(trials, about)


async def _shared_out(wanted: Sequence[Pair], lanes: Sequence[Lane]) -> list[Trial]:
    """All *wanted* trials in their order; each lane takes the next when it is free."""
    waiting = list(enumerate(wanted))[::-1]
    done: dict[int, Trial] = {}

    async def work(lane: Lane) -> None:
        while waiting:
            number, (variant, scenario) = waiting.pop()
            _say(f"{number + 1}/{len(wanted)} {scenario.name}: {variant.label}")
            done[number] = trial = await lane.trial(variant, scenario)
            if trial.failed:
                _say(f"failed: {variant.label} in {scenario.name}: {trial.failed}")

    async with asyncio.TaskGroup() as group:
        for lane in lanes:
            group.create_task(work(lane))
    return [done[number] for number in sorted(done)]


def keep(found: Findings, target: Path) -> None:
    """Write the pictures beside the page *target*, and what was found into it."""
    pictures = target.parent / "faults"
    pictures.mkdir(exist_ok=True)
    for trials in found.by_scenario():
        scenario = trials[0].scenario
        if scenario not in ALONE:
            (pictures / f"{scenario.name}.svg").write_text(picture.svg(trials))
    if not target.exists():
        target.write_text(f"{FAULTS.begin}\n{FAULTS.end}\n")
    if write(target, page(found), FAULTS):
        _say(f"wrote {target.name}")


def main(arguments: Sequence[str]) -> int:
    chose = options(arguments)
    # An orderly stop, whoever asks: leaving the stack of `run` ends every process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        found = uvloop.run(run(two_cores(), chose))
    except (MissingError, NotReadyError) as error:
        print(error, file=sys.stderr)
        return 2
    print(page(found))
    if chose.page:
        keep(found, chose.page)
    return 1 if found.failed else 0


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
