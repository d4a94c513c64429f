"""Every byte an upstream may send goes through here; the shared cases stand in tests/contract."""

import gc

import pytest

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Response
from gateway.transport.reader import Reader
from tests.support.servers import answer
from tests.support.transports import TRACE

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


def reader_for_one(max_response=100_000, limit=10**9, *, head_only=False) -> Reader:
    reader = Reader(max_response, Buffered(limit))
    reader.begin(Call("step", None, 0.0, 1.0, TRACE), head_only=head_only)
    return reader


def read(*pieces, **options):
    """What the pieces amount to, then the end of the connection; and whether another answer may follow."""
    reader = reader_for_one(**options)
    for piece in pieces:
        result = reader.read(piece)
        if result is not None:
            return result, reader.clean
    return reader.end() or Failure(Cause.INCOMPLETE), reader.clean


CLEAN = {
    "length": answer(b'{"a":1}'),
    "length, a line end at the end": answer(b'{"a":1}\n'),
    "length, nothing": answer(b""),
    "chunked": CHUNKED + b"2\r\n{}\r\n0\r\n\r\n",
    "chunked, line ends within": CHUNKED + b"6\r\n{}\r\n\r\n\r\n0\r\n\r\n",
    "chunked, trailer": CHUNKED + b"2\r\n{}\r\n0\r\nx: y\r\n\r\n",
    "no body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "kept alive, HTTP/1.0": b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\n{}",
    "after an interim answer": b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(),
    "upgrade offered": answer(b"{}", "200 OK", b"Upgrade: h2c", b"Connection: Upgrade"),
}


@pytest.mark.parametrize("name", CLEAN)
def test_another_answer_may_follow_one_that_ends_where_the_bytes_end(name):
    result, clean = read(CLEAN[name])
    assert isinstance(result, Response)
    assert clean


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize(
    "more", [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"x", b"H", b"HTTP/1.1 200 OK\r\n\r\n"]
)
def test_nothing_may_follow_an_answer_that_something_followed(name, more):
    result, clean = read(CLEAN[name] + more)
    assert result.body == read(CLEAN[name])[0].body
    assert result.headers == read(CLEAN[name])[0].headers
    assert not clean


def test_line_end_after_a_body_in_two_pieces_is_seen():
    assert read(answer(b'{"a":1}\n')[:-3], b"1}\n")[1]
    assert not read(answer(b'{"a":1}')[:-3], b":1}\r\n")[1]
    assert not read(answer(b'{"a":1}\n')[:-1], b"\n\n")[1]


@pytest.mark.parametrize("closing", [b"close", b"Close", b"keep-alive, close", b"close, x"])
def test_nothing_follows_an_answer_that_closes(closing):
    assert not read(answer(b"{}", "200 OK", b"Connection: " + closing))[1]


def test_answers_follow_each_other_through_one_reader():
    reader = reader_for_one()
    for number in range(5):
        result = reader.read(answer(b"%d" % number, "200 OK", b"x-n: %d" % number))
        assert (result.body, result.header(b"x-n")) == (b"%d" % number, b"%d" % number)
        assert len(result.headers) == 2
        reader.begin(Call("step", None, 0.0, 1.0, TRACE), head_only=False)


def test_answer_to_head_leaves_the_reader_ready():
    reader = reader_for_one(head_only=True)
    assert reader.read(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n").body == b""
    assert reader.clean
    reader.begin(Call("step", None, 0.0, 1.0, TRACE), head_only=False)
    assert reader.read(answer(b"{}")).body == b"{}"


def test_body_after_an_answer_to_head_is_not_clean():
    result, clean = read(answer(b"{}"), head_only=True)
    assert (result.body, clean) == (b"", False)


UNREADABLE = {
    "status 000": b"HTTP/1.1 000 X\r\ncontent-length: 0\r\n\r\n",
    "status 99": b"HTTP/1.1 99 X\r\ncontent-length: 0\r\n\r\n",
    "status 1000": b"HTTP/1.1 1000 X\r\ncontent-length: 0\r\n\r\n",
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n",
    "HTTP/0.9": b"HTTP/0.9 200 OK\r\ncontent-length: 0\r\n\r\n",
    "RTSP": b"RTSP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
    "line ends first": b"\r\n\r\n" + answer(),
    "length twice, the same": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n{}",
    "length as a list": b"HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\n{}",
    "folded line": b"HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 2\r\n\r\n{}",
    "folded coding": b"HTTP/1.1 200 OK\r\ntransfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "space before colon": b"HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\n{}",
    "bare line feeds": b"HTTP/1.1 200 OK\ncontent-length: 2\n\n{}",
    "bare carriage return": b"HTTP/1.1 200 OK\r\nx: a\rcontent-length: 9\r\ncontent-length: 2\r\n\r\n{}",
    "chunked twice": CHUNKED[:-2] + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "gzip and chunked": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "xchunked": b"HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked, then a tab": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\t\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk size in hex notation": CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n",
    "chunk size negative": CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n",
    "chunk size overflowing": CHUNKED + b"fffffffffffffffff1\r\n{}\r\n0\r\n\r\n",
    "chunk longer than its size": CHUNKED + b"1\r\n{}\r\n0\r\n\r\n",
    "line feed in a chunk extension": CHUNKED + b"2;a\nb\r\n{}\r\n0\r\n\r\n",
    "length in a trailer": CHUNKED + b"2\r\n{}\r\n0\r\ncontent-length: 5\r\n\r\n",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_two_readers_could_read_differently_is_unreadable(name):
    result, clean = read(UNREADABLE[name])
    assert isinstance(result, Failure), result
    assert result.cause is Cause.UNREADABLE, result
    assert not clean


ENDLESS = {
    "a status line": [b"HTTP/1.1 200 " + b"x" * 1000, *[b"x" * 1000] * 400],
    "a header": [b"HTTP/1.1 200 OK\r\nx: y", *[b"y" * 1000] * 400],
    "headers": [b"HTTP/1.1 200 OK\r\n", *[b"x: y\r\n" * 100] * 400],
    "interim answers": [b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100] * 100,
    "trailers": [CHUNKED + b"2\r\n{}\r\n0\r\n", *[b"x: y\r\n" * 100] * 400],
    "a chunk extension": [CHUNKED + b"2;", *[b"x" * 1000] * 400],
    "a chunk size": [CHUNKED, *[b"0" * 1000] * 400],
}


@pytest.mark.parametrize("name", ENDLESS)
def test_framing_without_end_is_unreadable(name):
    assert read(*ENDLESS[name])[0].cause is Cause.UNREADABLE


def test_many_small_chunks_are_read():
    result, clean = read(CHUNKED, *[b"1\r\nx\r\n" * 100] * 900, b"0\r\n\r\n")
    assert (len(result.body), clean) == (90_000, True)


def test_first_bytes_may_come_one_by_one():
    assert read(b"H", b"T", b"TP/1", b".1 200 OK\r\ncontent-length: 2\r\n\r\n{}")[0].body == b"{}"
    assert read(b"H", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")[0].cause is Cause.UNREADABLE


def test_trailers_are_no_headers():
    result, _ = read(CHUNKED + b"2\r\n{}\r\n0\r\nretry-after: 5\r\n\r\n")
    assert result.headers == [(b"transfer-encoding", b"chunked")]


def test_buffer_that_is_full_ends_the_answer():
    assert read(answer(b"x" * 100), limit=99)[0].cause is Cause.BULKHEAD_FULL


def test_body_bytes_are_counted_as_they_arrive():
    reader = reader_for_one()
    whole = answer(b"x" * 100)
    reader.read(whole[:-40])
    assert (reader._call.held, reader._buffered.used) == (60, 60)


SEEDS = [*CLEAN.values(), *UNREADABLE.values(), b"HTTP/1.1 200 OK\r\n\r\n{}", answer(b"x" * 300)]
PARTS = [b"\r\n", b"\r", b"\n", b"0", b"HTTP/1.1 100 C\r\n\r\n", b"\0", b"\xff", b";",
         b"transfer-encoding: chunked\r\n",
         b"content-length: 2\r\n", b"connection: close\r\n", b"x: y\r\n"]  # fmt: skip


def mutated(random) -> bytes:
    """A known answer, damaged in up to four places."""
    data = bytearray(random.choice(SEEDS))
    for _ in range(random.randrange(1, 5)):
        where = random.randrange(len(data) + 1)
        match random.randrange(5):
            case 0:
                data[where:where] = random.choice(PARTS)
            case 1:
                del data[where : where + random.randrange(1, 9)]
            case 2 if where < len(data):
                data[where] = random.randrange(256)
            case 3:
                data[where:where] = data[where : where + random.randrange(1, 20)]
            case _:
                data += random.choice(SEEDS)
    return bytes(data)


def told(result):
    return (result.status, result.headers, result.body) if isinstance(result, Response) else result.cause


def test_damaged_answers_read_the_same_in_one_piece_and_in_many(seeded):
    for _ in range(6000):
        data = mutated(seeded)
        cuts = sorted(seeded.choices(range(len(data) + 1), k=seeded.randrange(1, 6)))
        pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a != b]
        whole, _ = read(data)
        assert isinstance(whole, Response | Failure)
        assert told(whole) == told(read(*pieces)[0]), (data, pieces)


def test_closed_reader_is_freed_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        reader = reader_for_one()
        reader.read(answer())
        reader.close()
        del reader
        assert gc.collect() == 0
    finally:
        gc.enable()
