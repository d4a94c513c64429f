"""One connection over a recorded transport; over real sockets in tests/contract."""

import asyncio
import gc

import pytest

from gateway.buffered import Buffered
from gateway.outcome import Cause, Failure
from gateway.transport.connection import Connection
from gateway.transport.whole import Whole
from tests.support.servers import answer
from tests.support.sockets import RecordedSocket
from tests.support.transports import a_call


@pytest.fixture
def wire():
    return RecordedSocket()


@pytest.fixture
def ends():
    return []


@pytest.fixture
async def connection(wire, ends):
    made = Connection(asyncio.get_running_loop(), ends.append, Whole(1000, Buffered(10_000)))
    made.connection_made(wire)
    return made


def send(connection, call=None, head=b"GET / HTTP/1.1\r\n\r\n", body=b""):
    waiter = asyncio.get_running_loop().create_future()
    connection.send(head, body, call or a_call(), waiter, head_only=False)
    return waiter


async def test_request_goes_out_in_one_write_and_marks_its_call_as_sent(connection, wire):
    call = a_call()
    send(connection, call)
    assert wire.written == [b"GET / HTTP/1.1\r\n\r\n"]
    assert call.sent


async def test_answer_arrives_in_the_future_and_leaves_the_connection_reusable(connection):
    waiter = send(connection)
    assert not connection.reusable
    connection.data_received(answer(b"1"))
    assert (await waiter).body == b"1"
    assert connection.reusable


async def test_answer_before_the_whole_request_went_out_ends_the_connection(connection, wire):
    waiter = send(connection, body=b"x" * 100_000)
    wire.unsent = 50_000
    connection.data_received(answer(b"1", "413 Content Too Large"))
    assert (await waiter).status == 413
    assert not connection.reusable


@pytest.mark.parametrize("end", ["data", "eof", "reset"])
async def test_idle_connection_that_stirs_is_over(connection, ends, end):
    if end == "data":
        connection.data_received(answer())
    elif end == "eof":
        connection.eof_received()
    else:
        connection.connection_lost(ConnectionResetError())
    connection.connection_lost(None)
    assert ends == [connection]
    assert connection.closed
    assert connection.lost
    assert not connection.reusable


async def test_first_use_that_ends_before_an_answer_is_incomplete(connection):
    waiter = send(connection)
    connection.connection_lost(ConnectionResetError("reset by peer"))
    failure = await waiter
    assert (failure.cause, "reset by peer" in failure.detail) == (Cause.INCOMPLETE, True)


async def test_later_use_that_ends_before_an_answer_says_so_with_none(connection):
    send(connection)
    connection.data_received(answer())
    waiter = send(connection)
    connection.eof_received()
    assert await waiter is None


async def test_later_use_that_ends_within_an_answer_is_incomplete(connection):
    send(connection)
    connection.data_received(answer())
    waiter = send(connection)
    connection.data_received(b"HT")
    connection.eof_received()
    assert (await waiter).cause is Cause.INCOMPLETE


async def test_answer_until_the_end_is_complete_at_eof_but_not_at_a_reset(connection):
    waiter = send(connection)
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nab")
    connection.eof_received()
    assert (await waiter).body == b"ab"
    assert not connection.reusable


async def test_answer_until_the_end_is_incomplete_at_a_reset(connection):
    waiter = send(connection)
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nab")
    connection.connection_lost(ConnectionResetError())
    assert (await waiter).cause is Cause.INCOMPLETE


async def test_answer_that_is_none_closes_the_connection(connection, wire):
    waiter = send(connection)
    connection.data_received(b"garbage!")
    assert (await waiter).cause is Cause.UNREADABLE
    assert wire.aborted


async def test_answer_after_a_cut_changes_nothing(connection):
    call = a_call()
    waiter = call.waiter = send(connection, call)
    call.cut(Failure(Cause.OUT_OF_TIME))
    connection.data_received(answer())
    assert (await waiter).cause is Cause.OUT_OF_TIME


async def test_aborted_connection_leaves_its_exchange_alone(connection, wire):
    waiter = send(connection)
    connection.abort()
    connection.connection_lost(None)
    assert wire.aborted
    assert not waiter.done()
    assert not connection.lost


async def test_connection_that_is_gone_is_freed_without_the_collector(wire):
    def there():
        return sum(isinstance(each, Connection) for each in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = there()
        connection = Connection(asyncio.get_running_loop(), lambda _: None, Whole(1000, Buffered(10_000)))
        connection.connection_made(wire)
        send(connection)
        connection.data_received(answer())
        connection.connection_lost(None)
        del connection
        assert there() == before
    finally:
        gc.enable()
