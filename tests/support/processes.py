"""Real child processes for tests: started on free ports, awaited until they answer, never left behind."""

import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from pathlib import Path

from services.mock.addresses import PORTS

ROOT = Path(__file__).parents[2]
START_LIMIT = 20.0
STOP_LIMIT = 10.0


def free_ports(count):
    """*count* consecutive ports of loopback that nothing uses right now.

    Below the range from which the system gives ports to outgoing connections (32768 and up), so that none
    of the many connections of a test run takes one before the server under test does.
    """
    while True:
        first = random.randrange(10_240, 32_000)
        ports = list(range(first, first + count))
        if all(_is_free(port) for port in ports):
            return ports


def _is_free(port):
    with contextlib.closing(socket.socket()) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listens(port):
    """Whether something accepts connections on that port."""
    with contextlib.closing(socket.socket()) as sock:
        sock.settimeout(1.0)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def alive(pid):
    """Whether a process with that id runs; one that is dead but not yet collected does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def children_of(pid):
    """The ids of its child processes that run now."""
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _parent(entry) == pid]


def _parent(entry):
    try:
        status = (entry / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # the name of a process stands in parentheses and may contain some itself
    return int(status.rpartition(")")[2].split()[1])


def until(condition, limit=START_LIMIT, what="the condition"):
    """Wait until *condition()* is true; ``AssertionError`` when it is not in time."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"{what} did not come true within {limit:g} s"
        time.sleep(0.02)


@contextlib.contextmanager
def running(*arguments, ports=(), env=None):
    """A ``python …`` child in the project's folder, once it listens on *ports*; killed at the end if need be.

    Gives the ``subprocess.Popen``; its output goes to pipes, standard error into standard output.
    """
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        for port in ports:
            until(lambda port=port: process.poll() is not None or listens(port), what=f"port {port}")
            assert process.poll() is None, process.stdout.read()
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        process.stdout.close()


def stopped_in(process, signal_number):
    """Send the signal; how many seconds until the process was gone."""
    began = time.monotonic()
    process.send_signal(signal_number)
    process.wait(STOP_LIMIT)
    return time.monotonic() - began


@contextlib.contextmanager
def mock_services():
    """All mock services in one process; gives ``{name: port}``."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    first = ports["users"]
    with running("-m", "services.mock", "all", "--port", str(first), ports=ports.values()):
        yield ports
