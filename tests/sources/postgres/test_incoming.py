"""The counter between a socket and its protocol."""

import asyncio

from gateway.sources.postgres.incoming import counted


class Inner(asyncio.Protocol):
    def __init__(self):
        self.seen = []

    def data_received(self, data):
        self.seen.append(data)

    def eof_received(self):
        self.seen.append("eof")
        return True

    def connection_lost(self, exc):
        self.seen.append("lost")

    def pause_writing(self):
        self.seen.append("pause")

    def resume_writing(self):
        self.seen.append("resume")


class Transport(asyncio.Transport):
    def __init__(self, protocol):
        super().__init__()
        self.protocol = protocol
        self.aborted = False

    def get_protocol(self):
        return self.protocol

    def set_protocol(self, protocol):
        self.protocol = protocol

    def abort(self):
        self.aborted = True


def test_all_is_handed_on_that_may_still_come():
    inner = Inner()
    transport = Transport(inner)
    incoming = counted(transport)
    assert transport.protocol is incoming
    incoming.left = 5

    incoming.data_received(b"abc")
    incoming.pause_writing()
    incoming.resume_writing()
    incoming.data_received(b"de")
    assert incoming.eof_received()
    incoming.connection_lost(None)

    assert inner.seen == [b"abc", "pause", "resume", b"de", "eof", "lost"]
    assert (incoming.left, incoming.overrun, transport.aborted) == (0, False, False)


def test_what_is_too_much_is_not_handed_on_and_ends_the_connection():
    inner = Inner()
    transport = Transport(inner)
    incoming = counted(transport)
    incoming.left = 5

    incoming.data_received(b"abcdef")

    assert (inner.seen, incoming.overrun, transport.aborted) == ([], True, True)
