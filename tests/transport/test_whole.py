"""An answer that came whole is read as the long way reads it; whatever else came is left to that."""

import pytest

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Failure
from gateway.transport.framing import MAX_HEADERS
from gateway.transport.reader import Reader
from gateway.transport.whole import Whole
from tests.support.grammar import damaged, in_pieces, well_formed
from tests.support.servers import answer
from tests.support.transports import TRACE

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
LIKE_A_LENGTH = CHUNKED + b"5\r\n0\r\n\r\n\r\n0\r\n\r\n"
INTERIM_FIRST = b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\r\n"
MANY = [b"x-%d: y" % number for number in range(MAX_HEADERS)]


def test_whole_answer_is_read_at_once():
    whole = Whole()

    response = whole.read(answer(b'{"a":1}'))

    assert (response.status, response.body, whole.keep) == (200, b'{"a":1}', True)


def test_its_headers_are_there_for_whoever_asks():
    response = Whole().read(answer(b"{}", "503 Down", b"Retry-After:  7 ", b"x:", b"a: b:c"))

    assert response.headers[-3:] == [(b"Retry-After", b"7 "), (b"x", b""), (b"a", b"b:c")]
    assert response.header(b"retry-after") == b"7"


def test_one_parser_reads_many_answers():
    whole = Whole()

    assert [whole.read(answer(b"%d" % n)).body for n in range(3)] == [b"0", b"1", b"2"]


def test_upstream_that_closes_says_so():
    whole = Whole()
    whole.read(answer(b"{}", "200 OK", b"connection: close"))

    assert not whole.keep
    assert whole.read(answer(b"2")).body == b"2", "that was another connection's word"
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
def test_everything_else_is_left_to_the_long_way(name):
    whole = Whole()

    assert whole.read(OTHERS[name]) is None
    assert whole.read(answer(b"1")).body == b"1", "and spoils nothing for the next"


def still_asked_after(*answers):
    """Whether the answer that follows these over one connection is expected to come whole."""
    whole, call = Whole(), Call("step", None, 0.0, 1.0, TRACE)
    reader = Reader(100_000, Buffered(10**9), whole)
    for data in (*answers, answer(b"{}", "200 OK", b"connection: close")):
        whole.keep = True
        reader.begin(call, head_only=False)
        assert reader.read(data).status == 200
    return not whole.keep


CHUNKS = CHUNKED + b"0\r\n\r\n"


def test_upstream_that_never_answers_whole_is_not_asked_for_ever():
    assert still_asked_after(CHUNKS)
    assert not still_asked_after(CHUNKS, CHUNKS)


def test_one_whole_answer_gives_hope_again():
    assert still_asked_after(CHUNKS, answer(), CHUNKS)


def test_connections_that_share_it_do_not_disturb_each_other(seeded):
    """Answers whole, in pieces, chunked, wrong and last ones, over many connections in turn."""
    whole, buffered = Whole(), Buffered(10**9)
    for number in range(2000):
        reader = Reader(100_000, buffered, whole)
        reader.begin(Call("step", None, 0.0, 1.0, TRACE), head_only=False)
        body = b"%d" % number
        in_chunks = CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        data = seeded.choice([answer(body), answer(body, "200 OK", b"connection: close"), in_chunks])
        if seeded.random() < 0.3:
            whole.read(seeded.choice([b"SSH-2.0\r\n\r\n", answer(b"{}")[:-1], b"HTTP/1.1 103 Early\r\n\r\n"]))
        pieces = [data] if seeded.random() < 0.7 else in_pieces(seeded, data)

        assert next(found for piece in pieces if (found := reader.read(piece)) is not None).body == body


def said(whole, pieces):
    """What *pieces* come to with this reader, and what it holds and knows afterwards."""
    buffered = Buffered(10**9)
    reader = Reader(100_000, buffered, whole)
    call = Call("step", None, 0.0, 1.0, TRACE)
    reader.begin(call, head_only=False)
    result = None
    for piece in pieces:
        result = reader.read(piece)
        if result is not None:
            break
    result = reader.end() if result is None else result
    if result is None or isinstance(result, Failure):
        return result and result.cause
    assert call.held == buffered.used == len(result.body)
    return result.status, result.body, [(n, v.strip()) for n, v in result.headers], reader.clean


@pytest.mark.parametrize("make", [lambda r: well_formed(r).data, damaged], ids=["well-formed", "damaged"])
def test_both_ways_read_the_same(make, seeded):
    for _ in range(3000):
        data = make(seeded)
        pieces = [data] if seeded.random() < 0.8 else in_pieces(seeded, data)

        short, long = said(Whole(), pieces), said(None, pieces)
        if short != long and not long[1].strip(b"\r\n"):
            # The long way cannot tell whether line ends follow a body of line ends.
            long = (*long[:3], True)
        assert short == long, pieces
