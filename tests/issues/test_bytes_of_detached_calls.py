"""A detached call's bytes were given back when its request ended, while they were still held."""

import asyncio

from gateway.buffered import Buffered
from gateway.outcome import Cause, Failure, Success
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.plan.execute import Run
from gateway.plan.model import Plan, Step
from gateway.timers import Timers
from tests.support.calls import TRACE
from tests.support.gateways import serving

CONFIG = """
upstreams: { a: { url: "${URL}" } }
routes:
  POST /order: { time_limit: 500ms, steps: { x: { post: a/x } } }
"""


async def test_bytes_of_a_detached_call_count_until_it_ends():
    async def in_two_parts(peer):
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n[1,2,")
        await asyncio.sleep(0.2)
        await peer.send(b"3, 4]")

    async with serving(CONFIG, URL=in_two_parts) as served:
        answer = await served.ask("/order", "POST", headers=[("x-request-timeout-ms", "80")])
        assert answer.json["cause"] == "out_of_time"
        assert served.held()["buffered"] == 5
        await served.idle()


async def test_bytes_of_a_detached_call_that_ends_before_its_request_does_are_given_back():
    loop = asyncio.get_running_loop()
    buffered = Buffered(100)
    failing, answering = loop.create_future(), loop.create_future()

    async def sent(call):
        call.sent = True
        buffered.take(5)
        call.held = 5
        await answering
        return Success(b"[1,2]")

    async def required(call):
        await failing
        return Failure(Cause.FAILED)

    prepare = lambda scope: b""
    steps = (
        Step("order", 0, sent, prepare, repeatable=False),
        Step("check", 1, required, prepare, required=True),
        Step("other", 2, sleeping, prepare),
    )
    engine = Engine(Timers(loop), buffered, Background(), loop.time)
    run = Run(Plan("POST /order", steps, 1.0, lambda scope: b""), engine, [], TRACE, 1.0)
    running = asyncio.ensure_future(run.run())
    await asyncio.sleep(0.01)
    failing.set_result(None)  # the order is detached now …
    answering.set_result(None)  # … and ends in the same turn of the loop
    await running
    run.release()
    assert buffered.used == 0
    engine.timers.close()


async def sleeping(call):
    return await call.wait(asyncio.get_running_loop().create_future())
