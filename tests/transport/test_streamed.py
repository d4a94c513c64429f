"""Flow between who brings pieces and who takes them; over real sockets in tests/contract."""

import asyncio

import pytest

from gateway.buffered import Buffered
from gateway.outcome import Cause, Failure
from gateway.timers import Timers
from gateway.transport.streamed import HIGH, StreamedResponse
from tests.support.transports import a_call


class Source:
    """A flow that remembers what it was told."""

    def __init__(self) -> None:
        self.told = []

    def pause(self):
        self.told.append("pause")

    def resume(self):
        self.told.append("resume")

    def release(self, *, whole):
        self.told.append("whole" if whole else "broken")


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def buffered():
    return Buffered(1_000_000)


@pytest.fixture
async def streamed(source, buffered):
    loop = asyncio.get_running_loop()
    return StreamedResponse(a_call(), Timers(loop).of(0.05), buffered, source)


async def test_pieces_come_in_order_and_then_the_end(streamed, source, buffered):
    for piece in (b"a", b"b"):
        streamed.put(piece)
    assert (buffered.used, repr(streamed)) == (2, "<StreamedResponse 0, 2 bytes to be taken>")
    streamed.end(None)
    assert [piece async for piece in streamed] == [b"a", b"b"]
    assert (buffered.used, source.told) == (0, ["whole"])


async def test_failure_is_the_last_item_after_what_came_before(streamed, source):
    streamed.put(b"a")
    streamed.end(Failure(Cause.INCOMPLETE))
    streamed.end(None)
    assert [str(getattr(item, "cause", item)) for item in [i async for i in streamed]] == [
        "b'a'",
        "incomplete",
    ]
    assert source.told == ["broken"]


async def test_source_is_held_back_above_the_mark_and_goes_on_when_most_is_taken(streamed, source):
    for _ in range(4):
        streamed.put(bytes(HIGH // 2))
    assert source.told == ["pause"]
    for _ in range(3):
        await anext(streamed)
    assert source.told == ["pause"]
    await anext(streamed)
    assert source.told == ["pause", "resume"]


async def test_source_that_has_ended_is_not_told_to_go_on(streamed, source):
    streamed.put(bytes(HIGH))
    streamed.end(None)
    await anext(streamed)
    assert source.told == ["pause"]


async def test_piece_wakes_whoever_waits(streamed):
    task = asyncio.create_task(anext(streamed))
    await asyncio.sleep(0)
    streamed.put(b"a")
    assert await task == b"a"


async def test_wait_is_bounded(streamed, source):
    assert (await anext(streamed)).cause is Cause.TIMEOUT
    with pytest.raises(StopAsyncIteration):
        await anext(streamed)
    assert source.told == ["broken"]


async def test_cut_ends_a_wait_and_drops_what_was_not_taken(streamed, source, buffered):
    task = asyncio.create_task(anext(streamed))
    await asyncio.sleep(0)
    streamed._call.cut(Failure(Cause.OUT_OF_TIME))
    streamed.put(b"late")
    assert (await task).cause is Cause.OUT_OF_TIME
    assert (buffered.used, source.told) == (0, ["broken"])


async def test_close_gives_back_what_was_not_taken(streamed, source, buffered):
    streamed.put(b"abc")
    streamed.end(None)
    streamed.close()
    streamed.put(b"more")
    assert (buffered.used, source.told) == (0, ["broken"])
    assert [piece async for piece in streamed] == []


async def test_exception_of_the_bodys_owner_is_raised(streamed, source):
    streamed.end(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await anext(streamed)
    assert source.told == ["broken"]
