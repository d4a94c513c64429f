"""A redis upstream's source with its attempt timeout on, asked as a step asks it: in a flight, no task."""

import asyncio
import contextlib
import random
import ssl

import trustme

from gateway.buffered import Buffered
from gateway.call import Call, stack
from gateway.layers.timeout import timing_out
from gateway.outcome import Failure, Success
from gateway.plan.flight import Flight
from gateway.sources.redis import RedisRequest, RedisUpstream, RedisWire, redis_source
from gateway.sources.redis_answers import encoder
from gateway.sources.redis_commands import COMMANDS
from gateway.stores.redis_client import ask, client_of
from gateway.stores.redis_settings import RedisSettings
from gateway.timers import Timers
from tests.support.transports import TRACE

IN_TIME = 5.0
"""Seconds for what takes milliseconds on an idle machine."""


def request(name, *arguments, values="auto"):
    """A command as a step's template renders it."""
    command = COMMANDS[name]
    words = [word if isinstance(word, bytes) else str(word).encode() for word in arguments]
    return RedisRequest(name, words, command.key_of(words), encoder(command.shape_of(words), values))


def data(outcome):
    """What a success holds."""
    assert isinstance(outcome, Success), outcome
    return outcome.data


def cause(outcome):
    """Why it failed."""
    assert isinstance(outcome, Failure), outcome
    return outcome.cause


class Asking:
    """A source over a client of its own."""

    def __init__(self, url, **settings):
        patient = {"timeout": 2.0, "connect_timeout": 2.0, "give_up": 3.0} | settings
        self.timeout = patient["timeout"]
        self.settings = RedisSettings(url=url, **patient)
        self.loop = asyncio.get_running_loop()
        self.buffered = Buffered(10**9)
        self.upstream = RedisUpstream(client_of(self.settings, random.random))
        self.source = stack(
            redis_source(self.upstream.client, self.buffered), [timing_out(Timers(self.loop))]
        )

    @property
    def state(self):
        return self.upstream.client.state()

    def call(self, payload):
        return Call("session", payload, self.loop.time() + 60.0, self.timeout, TRACE)

    def begin(self, payload):
        """A call under way in a flight, and the future of its outcome."""
        call, ended = self.call(payload), self.loop.create_future()

        async def step():
            assert asyncio.current_task() is None
            outcome = await self.source(call)
            if not ended.done():
                ended.set_result(outcome)

        self.loop.call_soon(lambda: Flight(step()))
        return call, ended

    def attempt(self, name, *arguments, values="auto"):
        """A first attempt that is to be made directly."""
        call = self.call(request(name, *arguments, values=values))
        return Attempt(RedisWire(self.upstream.client, self.buffered), call)

    async def ask(self, name, *arguments, values="auto"):
        """The outcome of one command."""
        return await self.begin(request(name, *arguments, values=values))[1]

    async def ask_patiently(self, name, *arguments):
        """The same, for longer than a test's own small timeout."""
        self.timeout = 2.0
        return await self.ask(name, *arguments)

    async def write(self, *commands):
        """Other commands than a step may ask, each to where its key is kept."""
        return [
            (await ask(self.upstream.client, [command], str(command[1]).encode()))[0] for command in commands
        ]

    async def until(self, condition):
        async with asyncio.timeout(IN_TIME):
            while not condition():
                await asyncio.sleep(0.005)

    async def until_answered(self, name, *arguments):
        """The first success: connections notice that they are dead, and servers come back."""
        async with asyncio.timeout(3 * IN_TIME):
            while not hasattr(outcome := await self.ask(name, *arguments), "body"):
                await asyncio.sleep(0.02)
        return outcome.body


class Attempt:
    """What a call waits on that is made directly; ``ended`` gets what its wire makes of the result."""

    def __init__(self, wire, call):
        self.wire = wire
        self.call = call
        self.ended = asyncio.get_running_loop().create_future()

    def begin(self):
        return self.wire.begin(self.call, 0.0, self)

    def done(self):
        return self.ended.done()

    def set_result(self, result):
        if not self.ended.done():
            self.ended.set_result(self.wire.end(True, result, self.call))


@contextlib.asynccontextmanager
async def asking(url, **settings):
    """An open source; closed at the end, with nothing left behind."""
    there = Asking(url, **settings)
    await there.upstream.open()
    try:
        yield there
    finally:
        await there.upstream.close()


class TlsFront:
    """Speaks TLS on ``port``, and with the server at *target* without."""

    def __init__(self, target, certificate, authority=None):
        self._target = target
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(self._context)
        if authority is not None:  # clients must show a certificate
            self._context.verify_mode = ssl.CERT_REQUIRED
            authority.configure_trust(self._context)
        self._tasks = set()
        self.port = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _carry(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        asyncio.current_task().add_done_callback(self._tasks.discard)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, far_writer))
                both.create_task(self._pump(far_reader, writer))
        except* (OSError, ssl.SSLError):
            pass
        finally:
            for end in (writer, far_writer):
                end.transport.abort()

    async def _pump(self, reader, writer):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError


def authority():
    """A certificate authority, and a certificate of it for this machine."""
    made = trustme.CA()
    return made, made.issue_cert("127.0.0.1", "localhost")
