"""`gateway import …`: files in; the configuration to standard output or a file, the report to standard error.

Exit codes: 0 something was carried, 1 nothing could be, 2 a file cannot be read (or written).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from gateway.importing.draft import Draft
from gateway.importing.foreign import At, UnreadableError, read_foreign
from gateway.importing.report import Report
from gateway.importing.sound import sound_text

Convert = Callable[[Sequence[At]], tuple[Draft, Report]]


def run_import(files: Sequence[str], convert: Convert, page: str, output: str | None) -> int:
    """Import *files* by *convert*; *page* of the documentation says what differs. Returns the exit code."""
    try:
        roots = [read_foreign(Path(file)) for file in files]
        draft, report = convert(roots)
    except UnreadableError as error:
        _tell(f"{error}\n")
        return 2
    names = ", ".join(Path(file).name for file in files)
    text = sound_text(draft, report, f"Imported from {names}. What differs: {page}")
    _tell(str(report))
    if not text:
        _tell("nothing could be carried\n")
        return 1
    routes, upstreams = len(draft.routes), len(draft.called)
    _tell(f"{routes} route{'s'[: routes != 1]} on {upstreams} upstream{'s'[: upstreams != 1]}\n")
    if output is None:
        sys.stdout.write(text)
        return 0
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        _tell(f"{output}: {error.strerror}\n")
        return 2
    return 0


def _tell(text: str) -> None:
    sys.stderr.write(text)
