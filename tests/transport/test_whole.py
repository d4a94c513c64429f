"""An answer that came whole is read as the long way reads it; whatever else came is left to that."""

import asyncio

import pytest

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.transport.connection import Connection
from gateway.transport.framing import MAX_HEADERS
from gateway.transport.reader import Reader
from gateway.transport.whole import Whole
from tests.support.grammar import damaged, in_pieces, well_formed
from tests.support.servers import answer
from tests.support.sockets import RecordedSocket
from tests.support.transports import TRACE

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
CHUNKS = CHUNKED + b"0\r\n\r\n"
LIKE_A_LENGTH = CHUNKED + b"5\r\n0\r\n\r\n\r\n0\r\n\r\n"
INTERIM_FIRST = b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\r\n"
LAST = b"connection: close"
MANY = [b"x-%d: y" % number for number in range(MAX_HEADERS)]


@pytest.fixture
def whole():
    return Whole(100_000, Buffered(10**9))


def a_call():
    return Call("step", None, 0.0, 1.0, TRACE)


def test_whole_answer_is_read_at_once(whole):
    response = whole.read(answer(b'{"a":1}'), a_call())

    assert (response.status, response.body, whole.keep) == (200, b'{"a":1}', True)


def test_its_headers_are_there_for_whoever_asks(whole):
    response = whole.read(answer(b"{}", "503 Down", b"Retry-After:  7 ", b"x:", b"a: b:c"), a_call())

    assert response.headers[-3:] == [(b"Retry-After", b"7 "), (b"x", b""), (b"a", b"b:c")]
    assert response.header(b"retry-after") == b"7"


def test_one_parser_reads_many_answers(whole):
    assert [whole.read(answer(b"%d" % n), a_call()).body for n in range(3)] == [b"0", b"1", b"2"]


def test_upstream_that_closes_says_so(whole):
    whole.read(answer(b"{}", "200 OK", LAST), a_call())

    assert not whole.keep
    assert whole.read(answer(b"2"), a_call()).body == b"2", "that was another connection's word"
    assert whole.keep


OTHERS = {
    "half a head": answer()[:20],
    "half a body": answer(b"{}")[:-1],
    "a line end behind it": answer() + b"\r\n",
    "another answer behind it": answer() + answer(),
    "the beginning of another one": answer() + b"HTTP/1.1 20",
    "chunks": CHUNKED + b"2\r\n{}\r\n0\r\n\r\n",
    "chunks that end like a length": LIKE_A_LENGTH,
    "an interim answer": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "an interim answer before it": b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(),
    "an interim answer before one until the end": INTERIM_FIRST,
    "nothing, and another one": answer(b"") + b"HTTP/1.1 200 OK\r\n\r\n{}",
    "until the end": b"HTTP/1.1 200 OK\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "too many headers": answer(b"{}", "200 OK", *MANY),
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
}


@pytest.mark.parametrize("name", OTHERS)
def test_everything_else_is_left_to_the_long_way(name, whole):
    assert whole.read(OTHERS[name], a_call()) is None
    assert whole.read(answer(b"1"), a_call()).body == b"1", "and spoils nothing for the next"


def test_body_is_counted_where_there_is_room_for_it():
    buffered = Buffered(10)
    whole, call = Whole(6, buffered), a_call()

    assert whole.read(answer(b"[1,2]"), call).body == b"[1,2]"
    assert (call.held, buffered.used) == (5, 5)
    assert whole.read(answer(b"[1,2,3]"), call).cause is Cause.TOO_LARGE
    assert whole.read(answer(b'"1234"'), call).cause is Cause.BULKHEAD_FULL
    assert (call.held, buffered.used) == (5, 5)


class Talk:
    """Exchanges over one connection."""

    def __init__(self, whole):
        self.connection = Connection(asyncio.get_running_loop(), lambda _: None, whole)
        self.connection.connection_made(RecordedSocket())

    def ask(self, *pieces):
        """What an exchange ends with whose answer comes in *pieces*, and its call; the end follows them."""
        call, waiter = a_call(), asyncio.get_running_loop().create_future()
        self.connection.send(b"GET / HTTP/1.1\r\n\r\n", b"", call, waiter, head_only=False)
        for piece in pieces:
            self.connection.data_received(piece)
            if waiter.done():
                break
        else:
            self.connection.eof_received()
        return waiter.result(), call


async def still_asked_after(whole, *answers):
    """Whether the answer that follows these over one connection is expected to come whole."""
    talk = Talk(whole)
    for data in (*answers, answer(b"{}", "200 OK", LAST)):
        whole.keep = True
        assert talk.ask(data)[0].status == 200
    return not whole.keep


async def test_upstream_that_never_answers_whole_is_not_asked_for_ever(whole):
    assert await still_asked_after(whole, CHUNKS)
    assert not await still_asked_after(whole, CHUNKS, CHUNKS)


async def test_one_whole_answer_gives_hope_again(whole):
    assert await still_asked_after(whole, CHUNKS, answer(), CHUNKS)


def short_way(whole, pieces):
    """What *pieces* come to over a connection, and whether it can be used again."""
    talk = Talk(whole)
    before = whole.buffered.used
    result, call = talk.ask(*pieces)
    if isinstance(result, Failure):
        return result.cause
    assert call.held == whole.buffered.used - before == len(result.body)
    return told(result, clean=talk.connection.reusable)


def long_way(pieces):
    """The same by a ``Reader`` alone."""
    buffered, call = Buffered(10**9), a_call()
    reader = Reader(100_000, buffered)
    reader.begin(call, head_only=False)
    result = next((found for piece in pieces if (found := reader.read(piece)) is not None), None)
    result = reader.end() if result is None else result
    if result is None:
        return Cause.INCOMPLETE
    if isinstance(result, Failure):
        return result.cause
    assert call.held == buffered.used == len(result.body)
    return told(result, clean=reader.clean)


def told(response, *, clean):
    return response.status, response.body, [(n, v.strip()) for n, v in response.headers], clean


@pytest.mark.parametrize("make", [lambda r: well_formed(r).data, damaged], ids=["well-formed", "damaged"])
async def test_both_ways_read_the_same(make, whole, seeded):
    """One of these serves all connections, whatever the others get."""
    for _ in range(3000):
        data = make(seeded)
        pieces = [data] if seeded.random() < 0.8 else in_pieces(seeded, data)

        short, long = short_way(whole, pieces), long_way(pieces)
        if short != long and not long[1].strip(b"\r\n"):
            # The long way cannot tell whether line ends follow a body of line ends.
            long = (*long[:3], True)
        assert short == long, pieces
