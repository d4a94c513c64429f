import asyncio

import pytest

from gateway.edge.body import Refusal
from gateway.edge.upload import Upload, UploadError
from gateway.timers import Timers
from tests.support.asgi import AsgiClient


class Uploading:
    def __init__(self, *pieces, most=None, idle=1.0, **client):
        self.timers = Timers(asyncio.get_running_loop())
        self.told = []
        receive = AsgiClient(body=pieces, **client).receive
        self.upload = Upload(receive, most, self.timers.of(idle), self.told.append)

    async def pieces(self):
        return [piece async for piece in self.upload]


async def test_pieces_come_as_they_are_and_the_end_is_told_once():
    uploading = Uploading(b"ab", b"", b"c")

    assert await uploading.pieces() == [b"ab", b"c"]
    assert uploading.told == [None]
    assert uploading.upload.size == 3


async def test_client_that_leaves_ends_it():
    uploading = Uploading(b"ab", ...)

    with pytest.raises(UploadError):
        await uploading.pieces()
    assert uploading.told == [Refusal.GONE]


async def test_body_over_the_limit_ends_it():
    uploading = Uploading(b"ab", b"cd", most=3)

    with pytest.raises(UploadError):
        await uploading.pieces()
    assert uploading.told == [Refusal.TOO_LARGE]


async def test_client_that_sends_nothing_for_too_long_is_told_of():
    uploading = Uploading(b"ab", 0.05, b"cd", idle=0.01)

    assert await uploading.pieces() == [b"ab", b"cd"]  # whoever is told ends it
    assert uploading.told == [Refusal.STALLED, None]
    assert len(uploading.timers.of(0.01)) == 0
