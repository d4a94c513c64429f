"""What a person sees of the demo: coloured on a terminal, plain everywhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, TextIO

BOLD: Final = "1"
DIM: Final = "2"
RED: Final = "31"
GREEN: Final = "32"


class Screen:
    """Writes lines to *out*. Colours need a terminal and no ``NO_COLOR`` in *environ* (https://no-color.org)."""

    def __init__(self, out: TextIO, environ: Mapping[str, str] = os.environ) -> None:
        self._out = out
        self._coloured = out.isatty() and not environ.get("NO_COLOR")
        self._encoding = getattr(out, "encoding", None) or "utf-8"
        self._readable = True

    def say(self, text: str = "") -> None:
        """Write *text* and a line end at once."""
        if not self._readable:
            return
        try:
            self._out.write(text.encode(self._encoding, "replace").decode(self._encoding) + "\n")
            self._out.flush()
        except OSError:
            # The terminal was closed or the reader of the pipe has left: nobody to tell, children to stop.
            self._readable = False

    def paint(self, text: str, colour: str) -> str:
        """*text* in that colour, where there are colours."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self._coloured else text

    def complain(self, text: str) -> None:
        """Say that something is wrong."""
        self.say(self.paint(text, RED))

    def relay(self, name: str, line: str) -> None:
        """Show a line that a child wrote."""
        self.say(f"{self.paint(f'{name} |', DIM)} {line}")
