"""``python -m gateway.demo.tether FD MODULE [ARGUMENT…]``: run a module that cannot outlive its supervisor.

FD is the reading end of a pipe whose writing end the supervisor alone holds and never writes to. However
the supervisor ends, SIGKILL included, the system closes that end, and this process sees it and stops. Unlike
PR_SET_PDEATHSIG this works on macOS too, needs no code between fork and exec, and leaves time to stop
cleanly.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from typing import Final

GRACE: Final = 3.0
"""Seconds from SIGTERM to the hard end once the supervisor is gone: nobody is left to ask for it."""


def main() -> None:
    """Start the watch, then become the module."""
    descriptor, module, *arguments = sys.argv[1:]
    threading.Thread(target=_watch, args=(int(descriptor),), name="tether", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _watch(descriptor: int) -> None:
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


if __name__ == "__main__":
    main()
