"""A TCP proxy that misbehaves on demand: it holds answers back, cuts connections, refuses new ones."""

import asyncio
import contextlib
from typing import Self


class TcpFaults:
    """Between ``port`` here and *target* on loopback. ``accepted`` counts connections."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._through = asyncio.Event()
        self._through.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.accepted = 0
        self.refusing = False

    def hold(self) -> None:
        """Keep what the server sends from now on back."""
        self._through.clear()

    def release(self) -> None:
        """Let it go on its way."""
        self._through.set()

    def cut(self) -> None:
        """Reset every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _accept(self, reader, writer) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        self.accepted += 1
        task = asyncio.get_running_loop().create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader, writer) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        ends = {writer, far_writer}
        self._writers |= ends
        back = asyncio.get_running_loop().create_task(self._pump(far_reader, writer, held=True))
        try:
            await self._pump(reader, far_writer, held=False)
        finally:
            back.cancel()
            await asyncio.wait([back])
            self._writers -= ends
            for end in ends:
                end.transport.abort()

    async def _pump(self, reader, writer, *, held) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                if held:
                    await self._through.wait()
                writer.write(data)
            writer.transport.abort()
