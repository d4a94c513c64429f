"""A real MariaDB for tests, where one is installed: started on a free port, stopped and frozen at will."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import trustme

from tests.support.postgres import nobody
from tests.support.processes import STOP_LIMIT, free_ports, listens, until

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def unavailable() -> str | None:
    """Why no server can be started here; ``None`` if one can."""
    missing = [name for name in ("mariadbd", "mariadb-install-db") if not shutil.which(name, path=PATH)]
    return f"{' and '.join(missing)} not found (apt-get install mariadb-server)" if missing else None


class MariaDb:
    """One server with its own data in *folder*; its user is ``app``, with the password ``secret``."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._folder = folder
        self._process: subprocess.Popen | None = None
        self._user: dict = {}
        self._options: list[str] = []
        if os.geteuid() == 0:
            runs_as = nobody()
            self._user = {"user": runs_as.pw_uid, "group": runs_as.pw_gid, "extra_groups": []}
            folder.chmod(0o755)
            os.chown(folder, runs_as.pw_uid, runs_as.pw_gid)

    def dsn(self, user: str = "app", password: str = "secret", **options: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"mysql://{user}:{password}@127.0.0.1:{self.port}/shop{'?' + query if query else ''}"

    def initialise(self) -> None:
        install = shutil.which("mariadb-install-db", path=PATH)
        options = [
            "--no-defaults",
            f"--datadir={self._folder}/data",
            "--auth-root-authentication-method=normal",
        ]
        done = subprocess.run(
            [install, *options, "--skip-test-db"], check=False, capture_output=True, text=True, **self._user
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def show(self, certificate: trustme.LeafCert) -> None:
        """Speak TLS with it from the next start on."""
        both = self._folder / "certificate.pem"
        certificate.private_key_and_cert_chain_pem.write_to_path(both)
        if self._user:
            os.chown(both, self._user["user"], self._user["group"])
        self._options += [f"--ssl-cert={both}", f"--ssl-key={both}"]

    def start(self) -> None:
        """Run it, and wait until it accepts connections."""
        script = self._folder / "start.sql"
        script.write_text(
            "create database if not exists shop;\n"
            "create user if not exists app identified by 'secret';\n"
            "grant all on *.* to app;\n"
        )
        command = [shutil.which("mariadbd", path=PATH), "--no-defaults", f"--datadir={self._folder}/data"]
        command += [f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self._folder}/socket"]
        command += [f"--pid-file={self._folder}/pid", f"--init-file={script}", "--skip-name-resolve"]
        command += ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", *self._options]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._user
            )
        until(self._ready, what=f"MariaDB on port {self.port}")

    def _ready(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        return listens(self.port)

    def freeze(self) -> None:
        """Nothing is answered any more."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """It is gone at once, and its connections with it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_LIMIT)
            self._process = None


@contextlib.contextmanager
def mariadb(certificate: trustme.LeafCert | None = None) -> Iterator[MariaDb]:
    """A running server, which shows *certificate* to whoever asks for TLS; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="gateway-mariadb-") as folder:
        server = MariaDb(Path(folder), free_ports(1)[0])
        server.initialise()
        if certificate is not None:
            server.show(certificate)
        server.start()
        try:
            yield server
        finally:
            server.stop()
