"""A connection answers one request at a time, in order, and lets nothing lie that it holds."""

import asyncio
import gc

import pytest
from uvicorn.server import ServerState

from gateway.edge.bounds import Bounds
from gateway.edge.client import KEEP_ALIVE, Client, Door
from gateway.edge.direct import Directly
from gateway.edge.listener import Listener
from gateway.edge.pattern import parse_pattern
from gateway.edge.router import Router
from gateway.outcome import Success
from gateway.timers import Timers
from tests.edge.test_endpoint import AccessLog, RequestMeter, Route
from tests.support.sources import After, Hang

HEAD = 2 * KEEP_ALIVE
UNREAD = 4 * KEEP_ALIVE
GET = b"GET /x HTTP/1.1\r\nhost: here\r\n\r\n"


class Socket:
    """The transport's side: what was written, and whether anybody reads."""

    def __init__(self):
        self.written, self.closed, self.reading = b"", False, True
        self.unsent, self.aborted = 0, False

    def get_write_buffer_size(self):
        return self.unsent

    def abort(self):
        self.aborted, self.unsent = True, 0

    def write(self, data):
        self.written += data

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = True

    def get_extra_info(self, name):
        return {"peername": ("10.0.0.1", 5000), "sockname": ("10.0.0.2", 80)}.get(name)


class Slow:
    """In uvicorn's place."""

    def __init__(self):
        self.data, self.busy, self.told = [], False, []

    def serve_for(self, client):
        self.told.append("serve")

    def rest(self):
        self.told.append("rest")

    def data_received(self, data):
        self.data.append(data)

    def shutdown(self):
        self.told.append("shutdown")

    def connection_lost(self, error):
        self.told.append("lost")


class Connected:
    """A client over a socket, and the route that it asks for at ``/x``."""

    def __init__(self, **steps):
        self.route = Route(**steps)
        router = Router()
        self.endpoint = self.route.endpoint
        router.add("GET", parse_pattern("/x"), self.endpoint)
        listener = Listener(router, None, self.endpoint.intake, RequestMeter(), AccessLog())
        self.state, self.slow, self.socket = ServerState(), Slow(), Socket()
        self.state.default_headers = [(b"date", b"now")]
        self.idle = Timers(asyncio.get_running_loop())
        self.stalled = 0
        bounds = Bounds(1000, self.idle.of(HEAD), self.idle.of(UNREAD), lambda _: None, self.stall)
        door = Door(Directly(listener), lambda: self.slow, self.state, self.idle.of(KEEP_ALIVE), bounds)
        self.client = Client(door)
        self.client.connection_made(self.socket)

    def stall(self):
        self.stalled += 1

    def send(self, data=GET):
        self.client.data_received(data)

    @property
    def answers(self):
        return self.socket.written.count(b"HTTP/1.1 200 OK")


async def test_request_is_answered_in_one_write_with_the_servers_own_lines():
    there = Connected(a=Success(b"1"))

    there.send()

    head, _, body = there.socket.written.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-type: application/json\r\n")
    assert head.endswith(b"content-length: 7")
    assert body == b'{"a":1}'
    assert there.route.meter.records == [(200, False, 0.0)]
    assert there.state.total_requests == 1
    assert there.slow.told == []


async def test_what_comes_meanwhile_waits_and_is_not_read_further():
    there = Connected(a=After(0.1))

    there.send()
    there.send(GET)
    assert not there.socket.reading
    await asyncio.sleep(0.15)

    assert there.answers == 1
    assert there.socket.reading
    await asyncio.sleep(0.1)
    assert there.answers == 2


async def test_what_is_not_plain_goes_to_the_other_protocol_until_that_is_done():
    there = Connected(a=Success(b"1"))
    post = b"POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n"

    there.send(post)
    there.slow.busy = True
    there.send(GET)
    there.slow.busy = False
    there.send(GET)

    assert there.slow.data == [post, GET]
    assert there.slow.told == ["serve", "rest"]  # its timer must not close what is used
    assert there.answers == 1


async def test_heads_beyond_the_bound_pages_and_unknown_paths_are_not_answered_directly():
    there = Connected(a=Success(b"1"))
    long = b"GET /x HTTP/1.1\r\nhost: %b\r\n\r\n" % (b"x" * 1000)
    page = GET.replace(b"/x", b"/health")
    unknown = GET.replace(b"/x", b"/y")

    for data in (long, page, unknown):
        there.send(data)

    assert there.slow.data == [long, page, unknown]
    assert there.answers == 0


async def assert_closed_after(seconds, there):
    """The connection is open until then, and closed soon after."""
    await asyncio.sleep(seconds - 0.1)
    assert not there.socket.closed
    await asyncio.sleep(0.2)
    assert there.socket.closed


async def test_connection_without_a_further_request_is_closed():
    there = Connected(a=Success(b"1"))
    there.send()

    await asyncio.sleep(KEEP_ALIVE - 0.1)
    there.send()
    await assert_closed_after(KEEP_ALIVE, there)


async def test_connection_without_a_first_request_is_closed():
    there = Connected(a=Success(b"1"))

    await assert_closed_after(HEAD, there)


async def test_first_request_may_come_late_and_the_second_has_the_usual_time():
    there = Connected(a=Success(b"1"))
    await asyncio.sleep(HEAD - 0.1)
    there.send()

    await assert_closed_after(KEEP_ALIVE, there)


async def test_connection_that_is_lost_before_its_first_request_waits_for_nothing():
    there = Connected(a=Success(b"1"))

    there.client.connection_lost(None)

    assert len(there.idle.of(HEAD)) == 0


async def test_long_request_is_no_idle_connection():
    there = Connected(a=After(0.5))
    there.send()
    await asyncio.sleep(0.6)
    there.route.sources["a"].will(Hang())

    assert there.answers == 1
    assert len(there.idle.of(KEEP_ALIVE)) == 1
    there.send()
    assert len(there.idle.of(KEEP_ALIVE)) == 0


async def test_client_that_reads_slowly_keeps_what_its_answer_was_made_of():
    there = Connected(a=Success(b"1"))
    there.client.pause_writing()
    there.send()
    run = there.client._request._run
    assert there.answers == 1
    assert not run._released

    there.client.resume_writing()

    assert run._released
    assert there.client._request is None


async def test_client_that_leaves_while_it_should_read_leaves_nothing():
    there = Connected(a=Success(b"1"))
    there.client.pause_writing()
    there.send()
    run = there.client._request._run

    there.client.connection_lost(None)

    assert run._released
    assert there.route.meter.gone == 0  # it was answered
    assert there.state.connections == set()


async def test_client_that_never_reads_is_given_up_with_what_its_answer_was_made_of():
    there = Connected(a=Success(b"1"))
    there.socket.unsent = 100_000
    there.client.pause_writing()
    there.send()

    await asyncio.sleep(UNREAD - 1)
    assert not there.socket.aborted
    await asyncio.sleep(2)

    assert there.socket.aborted
    assert there.stalled == 1


@pytest.mark.parametrize("ending", ["expires", "ends", "sends no more"])
async def test_connection_that_is_closed_is_not_kept_for_what_its_client_does_not_read(ending):
    there = Connected(a=Success(b"1"))
    there.send()
    there.socket.unsent = 10

    if ending == "expires":
        await asyncio.sleep(KEEP_ALIVE + 0.1)
    elif ending == "ends":
        there.client._last = True
        there.send()
    else:
        there.client.eof_received()
    assert there.socket.closed is (ending != "sends no more")  # then the transport closes itself
    await asyncio.sleep(UNREAD + 0.1)

    assert there.socket.aborted


async def test_client_that_has_read_all_is_not_watched():
    there = Connected(a=Success(b"1"))
    there.send()
    there.client.eof_received()
    there.client.expire()

    assert len(there.idle.of(UNREAD)) == 0


async def test_client_that_leaves_ends_its_request():
    there = Connected(a=Hang())
    there.send()

    there.client.connection_lost(None)
    await asyncio.sleep(0.001)

    assert there.route.meter.gone == 1
    assert there.route.meter.records == []
    assert len(there.idle.of(KEEP_ALIVE)) == 0


@pytest.mark.parametrize("busy", [False, True])
async def test_shutdown_ends_the_connection_after_the_answer(busy):
    there = Connected(a=After(0.1))
    if busy:
        there.send()

    there.client.shutdown()
    assert there.socket.closed is not busy
    await asyncio.sleep(0.2)

    assert there.socket.closed
    assert there.answers == busy
    assert (b"connection: close\r\n" in there.socket.written) is busy


async def test_shutdown_is_told_to_the_other_protocol_if_that_has_the_connection():
    there = Connected(a=Success(b"1"))
    there.send(b"POST")
    there.slow.busy = True

    there.client.shutdown()

    assert there.slow.told[-1] == "shutdown"
    assert not there.socket.closed


async def test_finished_request_is_in_no_reference_cycle():
    there = Connected(a=Success(b"1"))
    there.send()
    gc.collect()
    gc.disable()
    try:
        there.send()
        assert gc.collect() == 0
    finally:
        gc.enable()
