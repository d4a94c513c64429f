"""A client that sends, and reads nothing unless it is asked to."""

import asyncio
import socket


class Deaf:
    """A client that sends *request*, and reads nothing unless it is asked to."""

    def __init__(self, port, request):
        self._there, self._request = ("127.0.0.1", port), request
        self._loop = asyncio.get_running_loop()

    async def __aenter__(self):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        self._socket.setblocking(False)
        await self._loop.sock_connect(self._socket, self._there)
        await self._loop.sock_sendall(self._socket, self._request)
        return self

    async def __aexit__(self, *_):
        self._socket.close()

    @property
    def reset(self):
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0

    async def read(self, size):
        return await self._loop.sock_recv(self._socket, size)
