"""The streaming reader sees every answer as the whole one does."""

import pytest

from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Response
from gateway.transport.piecewise import PieceReader
from tests.support.servers import answer
from tests.support.transports import TRACE
from tests.transport.test_reader import CHUNKED, CLEAN, UNREADABLE
from tests.transport.test_reader import read as read_whole


def read(*pieces, head_only=False):
    taken = []
    reader = PieceReader(Call("step", None, 0.0, 1.0, TRACE), taken.append, head_only=head_only)
    for piece in pieces:
        result = reader.read(piece)
        if result is not None:
            break
    else:
        result = reader.end() or Failure(Cause.INCOMPLETE)
    return result, reader, b"".join(taken)


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("more", [b"", b"\r\n", b"x", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_answer_is_what_the_whole_reader_says_it_is(name, size, more):
    data = CLEAN[name]
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    pieces[-1] += more
    expected, clean = read_whole(*pieces)
    result, reader, body = read(*pieces)
    assert isinstance(result, Response)
    assert (body, reader.head) == (expected.body, (expected.status, expected.headers))
    assert reader.clean is clean


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_the_whole_reader_refuses_is_refused(name):
    result, reader, _ = read(UNREADABLE[name])
    assert result.cause is Cause.UNREADABLE
    assert not reader.clean


def test_head_is_known_before_the_body():
    result, reader, body = read(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")
    assert (result.cause, reader.head[0], body) == (Cause.INCOMPLETE, 200, b"")


def test_trailers_never_join_the_headers():
    result, reader, _ = read(CHUNKED + b"2\r\n{}\r\n", b"0\r\nx: y\r\n\r\n")
    assert isinstance(result, Response)
    assert reader.head == (200, [(b"transfer-encoding", b"chunked")])


def test_only_the_last_piece_is_kept():
    _, reader, body = read(*[CHUNKED, *[b"3e8\r\n%b\r\n" % (b"x" * 1000)] * 50])
    assert (len(body), sum(map(len, reader._pieces))) == (50_000, 1000)


def test_answer_to_head_has_no_body():
    result, reader, body = read(answer(b"")[:-2] + b"\r\n", head_only=True)
    assert (isinstance(result, Response), body, reader.clean) == (True, b"", True)
