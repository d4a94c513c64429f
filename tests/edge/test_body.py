"""A request body is read within its bounds, and its bytes are counted exactly."""

import asyncio

import pytest

from gateway.buffered import Buffered
from gateway.edge.body import Refusal, declared_length, read_body


def receiving(*pieces, gone=False):
    messages = [
        {"type": "http.request", "body": piece, "more_body": index < len(pieces) - 1 or gone}
        for index, piece in enumerate(pieces)
    ]
    if gone:
        messages.append({"type": "http.disconnect"})
    left = iter(messages)

    async def receive():
        return next(left)

    receive.left = left
    return receive


async def test_pieces_are_joined_and_counted():
    buffered = Buffered(100)

    assert await read_body([], receiving(b"ab", b"", b"cd"), 10, buffered) == b"abcd"
    assert buffered.used == 4


async def test_body_of_exactly_the_limit_is_taken():
    assert await read_body([], receiving(b"12345"), 5, Buffered(100)) == b"12345"


async def test_declared_length_over_the_limit_is_refused_before_reading():
    receive = receiving(b"never read")

    assert await read_body([(b"content-length", b"11")], receive, 10, Buffered(100)) is Refusal.TOO_LARGE
    assert next(receive.left)["body"] == b"never read"


async def test_undeclared_body_is_refused_as_soon_as_it_passes_the_limit():
    receive, buffered = receiving(b"123", b"456", b"789"), Buffered(100)

    assert await read_body([], receive, 5, buffered) is Refusal.TOO_LARGE
    assert next(receive.left)["body"] == b"789"
    assert buffered.used == 0


async def test_body_that_no_longer_fits_the_gateway_is_refused():
    buffered = Buffered(5)

    assert await read_body([], receiving(b"123", b"456"), 100, buffered) is Refusal.NO_SPACE
    assert buffered.used == 0


async def test_client_that_leaves_while_sending_gives_its_bytes_back():
    buffered = Buffered(100)

    assert await read_body([], receiving(b"123", gone=True), 100, buffered) is Refusal.GONE
    assert buffered.used == 0


async def test_cancelled_read_gives_its_bytes_back():
    buffered, first = Buffered(100), iter([{"type": "http.request", "body": b"123", "more_body": True}])

    async def receive():
        for message in first:
            return message
        return await asyncio.get_running_loop().create_future()

    reading = asyncio.ensure_future(read_body([], receive, 100, buffered))
    await asyncio.sleep(0)
    assert buffered.used == 3
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert buffered.used == 0


@pytest.mark.parametrize(("value", "length"), [(b"12", 12), (b"-1", 0), (b"x", 0), (b"", 0)])
def test_declared_length_is_a_number_or_nothing(value, length):
    assert declared_length([(b"accept", b"*/*"), (b"content-length", value)]) == length


def test_no_declared_length_is_zero():
    assert declared_length([]) == 0
