"""A bound on what is read: what is over it is read past, whatever it is part of and however it comes."""

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from gateway.stores.redis_parser import AnswerTooLargeError, BoundedParser


class Connected:
    """What a parser wants of its connection."""

    def __init__(self):
        self._reader = asyncio.StreamReader()
        self.encoder = self

    def decode(self, value):
        return value


def parser(limit):
    connection = Connected()
    made = BoundedParser(limit, 65_536)
    made.on_connect(connection)
    return made, connection._reader


async def answers(limit, sent, count, piece):
    made, stream = parser(limit)

    async def feed():
        for start in range(0, len(sent), piece):
            stream.feed_data(sent[start : start + piece])
            await asyncio.sleep(0)

    feeding = asyncio.ensure_future(feed())
    read = [await made.read_response() for _ in range(count)]
    await feeding
    return read


@pytest.mark.parametrize("piece", [1, 2, 7, 100, 10_000])
async def test_what_fits_is_whole_and_what_does_not_is_an_error_in_its_place(piece):
    large = b"x" * 1000
    sent = (
        b"$3\r\nabc\r\n$1000\r\n%b\r\n:7\r\n*2\r\n$1000\r\n%b\r\n$2\r\nde\r\n*2\r\n$8\r\nabcdefgh\r\n$-1\r\n"
        % (large, large)
    )

    read = await answers(10, sent, 5, piece)

    assert [type(answer) for answer in read] == [bytes, AnswerTooLargeError, int, AnswerTooLargeError, list]
    assert (read[0], read[2], read[4]) == (b"abc", 7, [b"abcdefgh", None])


async def test_texts_of_one_answer_count_together_and_those_of_the_next_anew():
    sent = b"*3\r\n$4\r\nabcd\r\n$4\r\nabcd\r\n$4\r\nabcd\r\n$10\r\n0123456789\r\n"

    first, second = await answers(10, sent, 2, 100)

    assert isinstance(first, AnswerTooLargeError)
    assert second == b"0123456789"


async def test_connection_that_ends_within_a_large_answer_ends_it():
    made, stream = parser(10)
    stream.feed_data(b"$1000\r\nabc")
    stream.feed_eof()

    with pytest.raises(RedisConnectionError, match="ended within an answer"):
        await made.read_response()
