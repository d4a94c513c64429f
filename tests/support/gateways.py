"""Whole gateways for tests: from YAML text to a listening socket, in this process or in one of their own.

In this process a gateway runs under the uvicorn of gateway/serve.py, on the loop of the test. What must hold
after everything is asserted when it ends: no bytes, slots, connections, background calls or timers held, and
nothing reported to the loop.
"""

import asyncio
import contextlib
import json
import socket
import tempfile
from dataclasses import replace
from pathlib import Path

from gateway import Gateway
from gateway.edge.bounds import Bounds
from gateway.edge.heads import MAX_HEAD, bounded
from gateway.serve import _server
from gateway.timers import Timers
from tests.support.processes import free_ports, running
from tests.support.raw_http import Answer, RawClient
from tests.support.servers import scripted


class Client(RawClient):
    """A raw client that keeps the case of header values, and repeated headers apart in ``lines``."""

    def send(self, method, target, body=None, headers=()):
        """Write one request; a JSON *body*, and the port's own address as host unless *headers* have one."""
        given = {name.lower() for name, _ in headers}
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        if "host" not in given:
            lines.append(f"host: 127.0.0.1:{self._port}")
        data = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            lines += ["content-type: application/json"] * ("content-type" not in given)
            lines.append(f"content-length: {len(data)}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + data)

    def send_raw(self, data):
        self.writer.write(data)

    async def head(self):
        block = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = block.strip().split("\r\n")
        self.lines = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]
        return int(status.split()[1]), dict(self.lines)

    async def answer(self, *, head_only=False):
        if not head_only:
            return await super().answer()
        return Answer(*await self.head(), b"")

    async def ended(self):
        """Whether the server closed the connection, without a further byte."""
        return await self.reader.read(1) == b""


class Listening:
    """Somebody listens on ``port``: ask there."""

    def __init__(self, port):
        self.port = port

    def client(self):
        return Client(self.port)

    async def ask(self, target, method="GET", body=None, headers=()):
        """One request on a connection of its own; a whole answer."""
        async with self.client() as client:
            client.send(method, target, body, headers)
            return await client.answer(head_only=method == "HEAD")

    async def get(self, target, *headers):
        return await self.ask(target, headers=headers)

    async def raw(self, data):
        """Send *data* as it is; the first answer."""
        async with self.client() as client:
            client.send_raw(data)
            return await client.answer()


class Served(Listening):
    """A gateway that listens; ``up`` has the servers of its upstreams."""

    def __init__(self, gateway, port, up):
        super().__init__(port)
        self.gateway = gateway
        self.up = up

    def held(self):
        return held_by(self.gateway)

    async def idle(self, limit=2.0):
        """Wait until the gateway holds nothing any more; ``AssertionError`` if it goes on to."""
        await eventually(lambda: not self.held(), limit, self.held)


def held_by(gateway):
    """What a gateway holds on behalf of requests, by name; empty when it is idle."""
    held = {
        "buffered": gateway._buffered.used,
        "background": len(gateway._background),
        "batches": gateway._compiled.commons.batches.held,
        "timers": sum(map(len, gateway._timers._by_length.values())),
    }
    addresses = [
        (f"{name} {number}" if number else name, address)
        for name, upstream in gateway.upstreams.items()
        for number, address in enumerate(upstream.addresses)
    ]
    for name, address in addresses:
        state = address.client.state()
        held[f"{name} connections"] = state.in_use
        held[f"{name} waiting"] = state.waiting
        if address.bulkhead is not None:
            snapshot = address.bulkhead.snapshot()
            held[f"{name} slots"] = snapshot.in_use + snapshot.waiting
        if address.breaker is not None:
            held[f"{name} probes"] = address.breaker.snapshot().probes_out
    return {what: much for what, much in held.items() if much}


async def eventually(condition, limit=2.0, what=lambda: "the condition"):
    """Wait until *condition()* is true."""
    end = asyncio.get_running_loop().time() + limit
    while not condition():
        assert asyncio.get_running_loop().time() < end, what()
        await asyncio.sleep(0.005)


def gateway_of(config, *, environ=None, **options):
    """A ``Gateway`` from YAML text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "gateway.yaml")
        path.write_text(config)
        return Gateway(path, environ=environ or {}, **options)


@contextlib.asynccontextmanager
async def listening(app, **options):
    """Serve an ASGI application as ``gateway run`` does, but for opening it; gives where.

    *options* replace what its clients are held to (``Bounds``). Goes through uvicorn's own steps, without the
    tenth of a second that its shutdown always takes.
    """
    timers = Timers(asyncio.get_running_loop())
    if isinstance(app, Gateway):
        bounds = app.bounds
    else:
        bounds = Bounds(MAX_HEAD, timers.of(10.0), timers.of(60.0), lambda _: None, lambda: None)
    bounds = replace(bounds, **options)
    slow = bounded(bounds)
    protocol = app.clients(slow) if isinstance(app, Gateway) else slow
    server = _server(app, backlog=128, protocol=protocol, bounds=bounds)
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await server.startup(sockets=[listener])
        await server.on_tick(0)
        state = server.server_state
        try:
            yield Listening(listener.getsockname()[1])
        finally:
            for each in server.servers:
                each.close()
            for connection in list(state.connections):
                connection.shutdown()
            await eventually(lambda: not state.connections and not state.tasks, 5.0)


@contextlib.asynccontextmanager
async def serving(config, *, options=None, **environ):
    """Serve the gateway of YAML text *config*. Asserts at its end that nothing is left.

    *environ* are its ``${…}``: text, or a script for an upstream (then ``up`` has the server, and its URL is
    the text). *options* go to ``Gateway``.
    """
    loop = asyncio.get_running_loop()
    reported = []
    loop.set_exception_handler(lambda _, context: reported.append(context))
    up = {}
    try:
        async with contextlib.AsyncExitStack() as stack:
            for name, value in environ.items():
                if callable(value):
                    up[name] = await stack.enter_async_context(scripted(value))
                    environ[name] = up[name].url
            gateway = gateway_of(config, environ=environ, **(options or {}))
            await stack.enter_async_context(gateway)
            listener = await stack.enter_async_context(listening(gateway))
            served = Served(gateway, listener.port, up)
            yield served
            await served.idle()
    finally:
        loop.set_exception_handler(None)
    assert not reported, reported


def replying(body="{}", status=200, headers=()):
    """A whole HTTP/1.1 answer; *body* is bytes, or something to be written as JSON."""
    data = (
        body
        if isinstance(body, bytes)
        else body.encode()
        if isinstance(body, str)
        else json.dumps(body).encode()
    )
    lines = [f"HTTP/1.1 {status} Said", f"content-length: {len(data)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + data


class Site:
    """A script for ``scripted``: what it does depends on the path; unknown paths are answered ``{}``.

    An entry is bytes (sent as they are), ``(status, body)``, any other JSON value (answered with 200), or a
    coroutine function of the peer. ``asked`` lists what came: method, target, headers, body.
    """

    def __init__(self, pages=None, default=None):
        self.pages = pages or {}
        self.default = {} if default is None else default
        self.asked = []

    async def __call__(self, peer):
        while True:
            request = Asked(await peer.request())
            self.asked.append(request)
            await self._reply(peer, self.pages.get(request.path, self.default))

    async def _reply(self, peer, page):
        if callable(page):
            await page(peer)
        elif isinstance(page, bytes):
            await peer.send(page)
        elif isinstance(page, tuple):
            status, body, *headers = page
            await peer.send(replying(body, status, headers))
        else:
            await peer.send(replying(json.dumps(page)))

    @property
    def paths(self):
        return [asked.path for asked in self.asked]


class Asked:
    """A request as it reached an upstream."""

    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = first.split(" ")
        self.path, _, self.query = self.target.partition("?")
        self.lines = [tuple(line.split(": ", 1)) for line in lines]
        self.headers = {name.lower(): value for name, value in self.lines}

    @property
    def json(self):
        return json.loads(self.body)


async def hanging(peer):
    """Never answer; ends when the gateway closes the connection."""
    await peer.eof()
    raise ConnectionError


async def resetting(peer):
    peer.reset()
    raise ConnectionError


def after(seconds, page):
    """Answer *page* (bytes) so much later, unless the gateway leaves before."""

    async def late(peer):
        await asyncio.sleep(seconds)
        await peer.send(page)

    return late


@contextlib.contextmanager
def gateway_process(config, folder, *options, env=None, listens=True):
    """``gateway run`` on *config* in a process of its own: gives it with ``port`` and ``admin_port`` set."""
    path = Path(folder, "gateway.yaml")
    path.write_text(config)
    port, admin_port = free_ports(2)
    ports = ["--port", str(port), "--admin-port", str(admin_port)]
    waited = (port, admin_port) if listens else ()
    with running("-m", "gateway", "run", str(path), *ports, *options, ports=waited, env=env) as process:
        process.port, process.admin_port = port, admin_port
        yield process
