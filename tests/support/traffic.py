"""Requests to a gateway from a thread, for as long as a test looks at something else."""

import contextlib
import threading
import time
from http.client import HTTPConnection


@contextlib.contextmanager
def traffic(port, targets, pause=0.02):
    """Ask *targets* in turn, one request each *pause* seconds."""
    over = threading.Event()
    thread = threading.Thread(target=_ask, args=(port, targets, pause, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def _ask(port, targets, pause, over):
    number = 0
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        while not over.is_set():
            with contextlib.suppress(OSError):
                connection.request("GET", targets[number % len(targets)])
                connection.getresponse().read()
            number += 1
            time.sleep(pause)
