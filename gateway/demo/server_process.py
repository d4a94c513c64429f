"""Runs a server that is no Python module as a part of the demo, and hands on to it that it has to end."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

Options = Mapping[str, Any]
"""Further arguments of ``subprocess.Popen``: the user that it runs as."""


@contextlib.contextmanager
def folder_of_its_own(prefix: str) -> Iterator[Path]:
    """A folder that is gone at the end, also if that is a SIGTERM; others may look into it, as a server may
    run as another user.
    """
    signal.signal(signal.SIGTERM, _leave)
    with tempfile.TemporaryDirectory(prefix=prefix) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _leave(_: int, __: FrameType | None) -> None:
    raise SystemExit(0)


def run(command: Sequence[str], folder: Path, end: signal.Signals, options: Options) -> int:
    """Run *command* in *folder* until it ends, or until SIGTERM or SIGINT: then it gets *end*.

    Returns its exit code, 0 if it was told to end.
    """
    told = False
    nothing = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, stdin=nothing, **options) as server:  # noqa: S603

        def forward(_: int, __: FrameType | None) -> None:
            nonlocal told
            told = True
            server.send_signal(end)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, forward)
        code = server.wait()
    return 0 if told else code
