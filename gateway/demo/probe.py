"""One look whether a part of the demo is there: by a GET of one path, or by a connection."""

from __future__ import annotations

import asyncio
from typing import Final

LIMIT: Final = 2.0
"""Seconds for one look; who asks repeats it."""


async def listens(host: str, port: int) -> bool:
    """Whether a connection is taken now."""
    try:
        async with asyncio.timeout(LIMIT):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def answers(host: str, port: int, path: str) -> bool:
    """Whether *path* answers 200 now. A refused, lost or silent connection is just a no."""
    try:
        async with asyncio.timeout(LIMIT):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(
                    f"GET {path} HTTP/1.1\r\nhost: {host}:{port}\r\nconnection: close\r\n\r\n".encode()
                )
                status = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return status.split(b" ")[1:2] == [b"200"]
