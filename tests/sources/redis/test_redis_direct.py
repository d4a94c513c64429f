"""The same source in two halves: begun only where nothing has to be waited for, ended as the whole ends."""

import asyncio

from gateway.outcome import Cause, Failure
from gateway.sources.redis import RedisWire
from gateway.stores.redis_client import ask
from tests.support.gateways import serving
from tests.support.redis_sources import asking, cause, data


async def test_call_is_begun_over_a_connection_that_is_up_and_ends_as_the_whole_form_does(server):
    async with asking(server.url) as there:
        await there.write(("SET", "a", "[1]"), ("RPUSH", "list", "x"))
        for asked in (("GET", "a"), ("GET", "list"), ("LRANGE", "list", 0, -1), ("GET", "nobody")):
            direct, whole = there.attempt(*asked), await there.ask(*asked)
            assert direct.begin()
            outcome = await direct.ended

            assert repr(outcome) == repr(whole)
            assert getattr(outcome, "body", None) == getattr(whole, "body", None)
            assert direct.call.sent
            assert direct.call.held == len(getattr(outcome, "body", b""))


async def test_nothing_is_done_where_a_call_would_have_to_wait_or_to_be_refused(server):
    async with asking(server.url, max_asked=1) as there:
        server.freeze()
        first, second = there.attempt("GET", "a"), there.attempt("GET", "a")
        assert first.begin()
        assert second.begin() is None
        assert (second.call.waiter, second.done()) == (None, False)
        server.thaw()
        assert data(await first.ended) is None

        there.buffered.limit = 0
        assert there.attempt("GET", "a").begin() is None
        there.buffered.limit = 100
        await there.upstream.close()
        assert there.attempt("GET", "a").begin() is None


async def test_call_that_is_cut_ends_at_once_and_its_answer_is_nobodys(server):
    async with asking(server.url) as there:
        server.freeze()
        direct = there.attempt("GET", "a")
        direct.begin()
        await asyncio.sleep(0.01)
        direct.call.cut(Failure(Cause.OUT_OF_TIME))

        assert cause(await direct.ended) is Cause.OUT_OF_TIME
        server.thaw()
        assert await ask(there.upstream.client, [("ECHO", "mine")]) == [b"mine"]
        assert there.state.lost == 0


async def test_connection_that_is_lost_is_incomplete(server):
    async with asking(server.url) as there:
        server.freeze()
        direct = there.attempt("GET", "a")
        direct.begin()
        await asyncio.sleep(0.01)
        server.kill()

        assert cause(await direct.ended) is Cause.INCOMPLETE


async def test_steps_of_a_gateway_are_asked_this_way(server):
    config = """
upstreams: {{ cache: {{ redis: "{url}", timeout: 2s }} }}
routes: {{ GET /a: {{ time_limit: 5s, steps: {{ a: {{ upstream: cache, redis: [GET, a] }} }} }} }}
"""
    async with serving(config.format(url=server.url)) as served:
        (step,) = served.gateway._compiled.routes["GET /a"].plan.steps
        assert isinstance(step.direct.wire, RedisWire)
        answer = await served.get("/a")

    assert answer.body == b'{"a":null}'
