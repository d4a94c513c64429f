"""Real TCP servers that do exactly what a test's script says, and count what happens to them."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

Script = Callable[["Peer"], Awaitable[None]]


class Peer:
    """The server's end of one connection."""

    def __init__(self, server: "ScriptedServer", reader: asyncio.StreamReader, writer) -> None:
        self.server = server
        self.number = server.connections
        self._reader = reader
        self._writer = writer

    async def request(self) -> bytes:
        """Read one request: its head, and the body that its content-length announces."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        request = head + await self._reader.readexactly(length)
        self.server.requests.append(request)
        return request

    async def send(self, *pieces: bytes) -> None:
        """Send each piece on its own, so that it is likely to be read on its own."""
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()
            await asyncio.sleep(0.002 if len(pieces) > 1 else 0)

    async def eof(self) -> bytes:
        """Wait until the client closes; what it sent until then."""
        return await self._reader.read(-1)

    def close(self) -> None:
        """Close in good order."""
        self._writer.close()

    def reset(self) -> None:
        """Break the connection."""
        self._writer.transport.abort()


class ScriptedServer:
    """Runs *script* for every connection."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.connections = 0
        self.open = 0
        self.peak = 0
        self.requests: list[bytes] = []
        self.faults: list[BaseException] = []
        self.port = 0
        self.tasks: set[asyncio.Task] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.peak = max(self.peak, self.open)
        try:
            await self._script(Peer(self, reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left, as clients do
        except Exception as fault:
            self.faults.append(fault)
        finally:
            self.open -= 1
            writer.transport.abort()


@contextlib.asynccontextmanager
async def scripted(
    script: Script, *, host="127.0.0.1", port=0, path=None, **options
) -> AsyncIterator[ScriptedServer]:
    """Serve *script* on a free port of the loopback interface, or at a *path* of the file system.

    *options* go to ``start_server``.
    """
    server = ScriptedServer(script)
    if path is not None:
        listener = await asyncio.start_unix_server(server.accept, path, **options)
    else:
        listener = await asyncio.start_server(server.accept, host, port, **options)
        server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        tasks = list(server.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        async with asyncio.timeout(5):  # from Python 3.12 on this waits for every connection
            await listener.wait_closed()
    assert not server.faults, server.faults


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: bytes) -> bytes:
    """A well formed answer."""
    lines = (b"HTTP/1.1 " + status.encode(), b"content-length: %d" % len(body), *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def answering(*pieces: bytes) -> Script:
    """Send *pieces* in answer to every request, and keep the connection."""

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(*pieces)

    return script


@contextlib.contextmanager
def silent_address(port: int):
    """An address on which *port* swallows connections: its queue is full, so the kernel drops what comes."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.2", port))
        listener.listen(0)
        for _ in range(4):
            filler = sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.2", port))
        yield "127.0.0.2"


def open_files() -> int:
    """How many files and sockets this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def open_files_become(count: int) -> bool:
    """Whether that many are open within two seconds: threads of earlier tests may have one for a moment."""
    for _ in range(40):
        if open_files() == count:
            return True
        await asyncio.sleep(0.05)
    return False


def refused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
