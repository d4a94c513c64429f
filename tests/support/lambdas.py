"""The local Lambda endpoint over real sockets, and signed clients that call it."""

import asyncio
import contextlib
import socket
import time

import uvicorn
from fastapi import FastAPI

from gateway.buffered import Buffered
from gateway.timers import Timers
from gateway.transport.credential_chain import Given, NoCredentialsError
from gateway.transport.credential_store import CredentialStore
from gateway.transport.credentials import Credentials
from gateway.transport.exchange import Request
from gateway.transport.h1 import H1Transport
from gateway.transport.origin import Origin
from gateway.transport.signed import SignedTransport, Signing
from gateway.transport.sigv4 import Signer
from services.mock.lambda_control import functions, lambda_control
from services.mock.lambda_endpoint import KEY, REGION, LambdaEndpoint
from tests.support.transports import MiB, a_call

CREDENTIALS = Credentials(KEY.access_key, KEY.secret_key, origin="the test")
WRONG = Credentials(KEY.access_key, "wrong/secret/that/nobody/may/see", origin="the test")


class Finding:
    """Finds what the test says, a thing or an error at a time; the last one again and again."""

    def __init__(self, *found, lasting=False):
        self.found = list(found)
        self.lasting = lasting
        self.looks = []

    def __call__(self, *, anew):
        self.looks.append(anew)
        found = self.found.pop(0) if len(self.found) > 1 else self.found[0]
        if isinstance(found, str):
            raise NoCredentialsError(found)
        if isinstance(found, Exception):
            raise found
        return found


class Served:
    """A ``LambdaEndpoint`` behind a port of its own."""

    def __init__(self, endpoint, port):
        self.endpoint = endpoint
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def fleet(self, name):
        return self.endpoint.fleets[name]

    def change(self, **limits):
        for name, value in limits.items():
            setattr(self.endpoint.limits, name, value)


@contextlib.asynccontextmanager
async def lambda_served(function="score", **limits):
    """The endpoint, with *function* at its URL."""
    endpoint = LambdaEndpoint(function)
    app = FastAPI()
    app.include_router(lambda_control(endpoint))
    app.include_router(functions(endpoint))
    # With its protocol said, or asyncio leaves Nagle's algorithm on: 40 ms an answer.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="off", log_level="critical", timeout_graceful_shutdown=0, ws="none")
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext
    served = Served(endpoint, sock.getsockname()[1])
    served.change(**({"cold_start": 0.0} | limits))
    task = asyncio.create_task(server.serve([sock]))
    while not server.started:
        await asyncio.sleep(0.001)
    try:
        yield served
    finally:
        server.should_exit = server.force_exit = True
        await task
        await asyncio.to_thread(endpoint.close)


def store_of(*found, lasting=False, **options):
    """A store of what is found so, looked for on the spot."""
    finding = Given(found[0]) if len(found) == 1 and lasting else Finding(*found, lasting=lasting)
    options = {"apart": lambda look, told: told(look()), "clock": time.monotonic} | options
    return CredentialStore(finding, **options)


class SignedClient:
    """A signed transport with what it needs."""

    def __init__(self, url, store, **options):
        self.buffered = Buffered(64 * MiB)
        self.timers = Timers(asyncio.get_running_loop())
        self.store = store
        origin = Origin.of(url)
        settings = {"limit": 8, "max_wait": 0.5, "connect_timeout": 1.0, "max_response": MiB} | options
        inner = H1Transport(origin, buffered=self.buffered, timers=self.timers, **settings)
        self.signing = Signing(Signer(REGION, "lambda", origin.authority), store)
        self.transport = SignedTransport(inner, self.signing, self.buffered)

    async def exchange(self, request, extra=b"", call=None, **how):
        call = call or a_call(request, **how)
        try:
            return await self.transport.exchange(request, extra, call)
        finally:
            assert call.waiter is None
            self.buffered.give(call.held)

    async def get(self, target=b"/score/7", **how):
        return await self.exchange(Request("GET", target), **how)


@contextlib.asynccontextmanager
async def signed_client(url, store=None, **options):
    """A client that is closed at the end, and has given everything back by then."""
    made = SignedClient(url, store or store_of(CREDENTIALS, lasting=True), **options)
    await made.transport.open()
    try:
        yield made
        async with asyncio.timeout(2):
            while made.transport.state().in_use or made.transport.state().waiting:
                await asyncio.sleep(0.001)
        assert made.buffered.used == 0
    finally:
        await made.transport.close()
        made.timers.close()
