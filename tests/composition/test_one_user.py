"""No user is ever served what another one was answered: whatever is cached, shared, stale or cut.

The upstream answers every call with the credentials it came with. Users ask at random, for the same things at
the same times; every answer that reaches one must be the one made for that user.
"""

import asyncio
import json

import pytest

from gateway.compiler.identity import (
    KeyTemplate,
    identifying_requests,
    personal_steps,
    personal_uses,
)
from gateway.compiler.request import RequestTemplate
from gateway.layers.siblings import sending_once
from gateway.outcome import Cause, Failure, Success
from tests.support.cached import OUT_OF_TIME, CachedStep
from tests.support.calls import make_call
from tests.support.templates import names, read, scope

USERS = [b"", b"ann", b"bob", b"1:a", b"2:ab", b"-", b"=ann"]


class Mirror:
    """An upstream whose answer says for whom it was made; slow, and sometimes down."""

    def __init__(self, seeded):
        self.seeded = seeded
        self.calls = 0

    async def __call__(self, call):
        self.calls += 1
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        timer = loop.call_later(self.seeded.random() * 0.5, lambda: future.done() or future.set_result(None))
        try:
            cut = await call.wait(future)
        finally:
            timer.cancel()
        if cut is not None:
            return cut
        if self.seeded.random() < 0.3:
            return Failure(Cause.FAILED, status=503)
        lines = dict(line.split(": ", 1) for line in call.payload.headers.decode().split("\r\n") if line)
        seen = {"target": call.payload.target.decode(), **lines}
        return Success(json.dumps(seen).encode())


class Site:
    """A route with two equal steps that send the client's credentials, cached and coalesced."""

    def __init__(self, seeded, key, headers):
        self.mirror = Mirror(seeded)
        self.step = CachedStep(wire=self.mirror, coalesce=True, times=(1.0, 2.0, 5.0))
        self.source = sending_once()(self.step.source)
        self.names = names()
        template = RequestTemplate(self.names, "GET", "p", query=[("p", "{query.p}")], headers=headers)
        assert not template.faults
        personal = personal_uses(template.uses, personal_steps([template.uses]))
        if key is None:
            self.identify = identifying_requests("users", (), personal)
        else:
            keys = KeyTemplate(self.names, key)
            assert not keys.faults
            self.identify = keys.compiled(b"here", personal)
        self.prepare = template.compiled()

    def begin(self, user, page, left):
        """One request: both steps of it, cut when its time is over."""
        headers = [(b"authorization", user), (b"cookie", b"sid=" + user)] if user else []
        client = scope(read(self.names, query=b"p=%d" % page, headers=headers), [None, None])
        payload = self.prepare(client)
        siblings = {}
        return [asyncio.ensure_future(self._call(client, payload, siblings, left)) for _ in range(2)]

    async def _call(self, client, payload, siblings, left):
        clock = self.step.clock
        call = make_call(deadline=clock() + left, identity=self.identify(client, payload), siblings=siblings)
        call.payload = payload
        self.step.loop.call_at(call.deadline, call.cut, OUT_OF_TIME)
        outcome = await self.source(call)
        self.step.buffered.give(call.held)
        return outcome


@pytest.mark.parametrize("key", [None, [], ["{query.p}"], ["{header.accept}", "{query.p}"]])
@pytest.mark.parametrize(
    "headers",
    [{"authorization": "{header.authorization | 'nobody'}"}, {"x-session": "{cookie.sid | 'nobody'}"}],
    ids=["authorization", "cookie"],
)
async def test_f5_no_user_is_served_what_another_was_answered(seeded, key, headers):
    site = Site(seeded, key, headers)
    name = next(iter(headers))
    asked = []
    for _ in range(400):
        user, page = seeded.choice(USERS), seeded.choice([1, 2])
        left = seeded.choice([0.01, 0.1, 2.0])
        asked += [(user.decode(), page, task) for task in site.begin(user, page, left)]
        await asyncio.sleep(seeded.choice([0.0, 0.0, 0.05, 0.5]))
    answers = [(user, page, await task) for user, page, task in asked]

    served = [
        (user or "nobody", page, json.loads(outcome.body))
        for user, page, outcome in answers
        if isinstance(outcome, Success)
    ]
    assert [user for user, _, seen in served if seen[name] != user] == []
    assert {user for user, _, _ in served} == {user.decode() or "nobody" for user in USERS}
    if key != []:
        assert [page for _, page, seen in served if seen["target"] != f"/p?p={page}"] == []
    freshness = {outcome.freshness for _, _, outcome in answers if isinstance(outcome, Success)}
    assert {str(kind) for kind in freshness} == {"live", "cached", "stale"}
    assert site.mirror.calls < len(answers) / 2
    await asyncio.sleep(3.0)
    site.step.assert_nothing_left()
