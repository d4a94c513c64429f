"""What an upstream can do wrong in a WebSocket, from bytes; tests/e2e/test_tunnel.py has the usual ways."""

import asyncio

import pytest
from websockets.frames import Frame, Opcode
from websockets.utils import accept_key

from gateway.outcome import Cause
from gateway.timers import Timers
from gateway.transport.exchange import Request
from gateway.transport.origin import Origin
from gateway.transport.websocket import LOST, Closed, Link


class Socket(asyncio.Transport):
    """A socket of which the test plays the other end."""

    def __init__(self):
        super().__init__()
        self.written = b""
        self.paused = self.closing = False

    def write(self, data):
        self.written += data

    def can_write_eof(self):
        return True

    def write_eof(self):
        pass

    def pause_reading(self):
        self.paused = True

    def resume_reading(self):
        self.paused = False

    def close(self):
        self.closing = True


def linked(idle=1.0, headers=b"x-a: 1\r\n"):
    origin, request = Origin.of("http://chat.internal:81"), Request("GET", b"/a?b=1", headers)
    idle_timer = Timers(asyncio.get_running_loop()).of(idle)
    link = Link(origin, request, b"traceparent: t\r\n", ["v1"], idle_timer)
    link.socket = Socket()
    link.connection_made(link.socket)
    return link


def opened(**options):
    link = linked(**options)
    key = link.socket.written.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0].decode()
    link.data_received(
        b"HTTP/1.1 101 Up\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-B: 2\r\n"
        b"Sec-WebSocket-Protocol: v1\r\nSec-WebSocket-Accept: %b\r\n\r\n" % accept_key(key).encode()
    )
    return link


def frame(opcode, data, *, fin=True):
    return Frame(opcode, data, fin).serialize(mask=False)


async def test_handshake_says_what_it_is_told_to():
    link = linked()
    head = link.socket.written.decode().split("\r\n")

    assert head[0] == "GET /a?b=1 HTTP/1.1"
    assert {"Host: chat.internal:81", "x-a: 1", "traceparent: t", "Sec-WebSocket-Protocol: v1"} <= set(head)


async def test_upgrade_is_answered():
    link = opened()

    assert await link.opened is None
    assert (link.status, link.subprotocol) == (101, "v1")
    assert (b"x-b", b"2") in link.headers
    link.close()


@pytest.mark.parametrize(
    ("answer", "cause", "status"),
    [
        (b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n", Cause.REJECTED, 403),
        (b"HTTP/1.1 503 Down\r\ncontent-length: 0\r\n\r\n", Cause.FAILED, 503),
        (b"HTTP/1.1 101 Up\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n", Cause.UNREADABLE, None),
    ],
)
async def test_upstream_that_does_not_upgrade_is_a_failure(answer, cause, status):
    link = linked()
    link.data_received(answer)

    failure = await link.opened
    assert (failure.cause, failure.status) == (cause, status)


async def test_connection_that_ends_before_the_upgrade_is_incomplete():
    link = linked()
    link.connection_lost(None)

    assert (await link.opened).cause is Cause.INCOMPLETE


async def test_message_in_pieces_is_one_message():
    link = opened()
    link.data_received(
        frame(Opcode.TEXT, b"ab", fin=False) + frame(Opcode.CONT, b"", fin=False) + frame(Opcode.CONT, b"c")
    )
    link.data_received(frame(Opcode.BINARY, b"\xff"))

    assert [await link.receive(), await link.receive()] == ["abc", b"\xff"]
    link.close()


async def test_text_that_is_none_ends_the_link():
    link = opened()
    link.data_received(frame(Opcode.TEXT, b"\xff"))

    assert await link.receive() == Closed(1007)
    assert link.socket.closing


async def test_upstream_is_not_read_while_nobody_takes_its_messages():
    link = opened()
    for _ in range(16):
        link.data_received(frame(Opcode.TEXT, b"x"))
    assert link.socket.paused

    for _ in range(9):
        await link.receive()
    assert not link.socket.paused
    link.close()


async def test_connection_that_is_lost_says_so_behind_its_messages():
    link = opened()
    link.data_received(frame(Opcode.TEXT, b"x"))
    link.connection_lost(ConnectionResetError())

    assert [await link.receive(), await link.receive()] == ["x", Closed(LOST)]
    await link.send("nobody hears it")


async def test_upstream_that_answers_no_ping_is_given_up():
    link = opened(idle=0.02)
    before = link.socket.written

    closed = await link.receive()

    assert closed.code == 1001
    assert len(link.socket.written) > len(before)  # a ping


async def test_sender_waits_for_an_upstream_that_reads_slowly():
    link = opened()
    link.pause_writing()
    sending = asyncio.ensure_future(link.send("x"))
    await asyncio.sleep(0.01)
    assert not sending.done()

    link.resume_writing()
    await sending
    link.close()
