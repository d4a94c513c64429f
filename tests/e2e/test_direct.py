"""A request answered directly gets, to the byte, what it gets by way of ASGI."""

import asyncio
import dataclasses
import random
import re

from tests.support.gateways import serving
from tests.support.seeded import seeded
from tests.support.servers import answer

__all__ = ["seeded"]

CONFIG = """
version: 1
defaults: { upstream: { retry: off, breaker: off, timeout: 200ms } }
upstreams:
  a: { url: "${A}" }
  b: { url: "${B}" }
routes:
  GET /one/{id:int}: { steps: { a: { get: "a/x/{id}" } } }
  GET /both/{id}:
    time_limit: 800ms
    steps:
      a: { get: "a/{id}?q={query.q}", fallback: [] }
      b: { get: "b/{a.name|'none'}", headers: { x-it: "{header.x-it}" }, nothing_on: [404] }
  GET /strict/{id}:
    time_limit: 800ms
    steps:
      a: { get: "a/{id}", required: true }
      b: { get: "b/{id}" }
  GET /typed: { steps: { a: { get: "a/y?n={query.n:int}" } } }
  POST /both/{id}: { steps: { a: { post: "a/z", json: "{body.it}" } } }
"""

VARIES = re.compile(r"(?<=dur=)[0-9.]+|(?<=trace;desc=)[0-9a-f]+")


def by_target(seed):
    """An upstream of whose answers each depends on what is asked alone."""

    async def script(peer):
        while True:
            target = (await peer.request()).split(b" ", 2)[1]
            chosen = random.Random(f"{seed} {target}")
            kind = chosen.choice(
                ["json", "json", "large", "nothing", "500", "404", "garbage", "slow", "end"] * 3 + ["hang"]
            )
            if kind == "hang":
                await peer.eof()
            if kind == "slow":
                await asyncio.sleep(0.01)
            if kind in {"hang", "end"}:
                peer.close()
                return
            status = {"500": "500 Oh", "404": "404 No", "nothing": "204 Empty"}.get(kind, "200 OK")
            large = b'{"name":"n","text":"%b"}' % (b"x" * chosen.randrange(20_000, 90_000))
            small = b'{"name":"n%d"}' % chosen.randrange(10)
            body = {"garbage": b"{]", "nothing": b"", "large": large}.get(kind, small)
            await peer.send(answer(body, status))

    return script


def target(chosen):
    odd = ["..", "%2e%2e", "a%2fb", "%00", "%c3%bc", "%ff", "%", "a.b", "-"]
    return chosen.choice(
        [
            f"/one/{chosen.choice(['7', '-3', 'x', '007', '', '1/'])}",
            f"/both/{chosen.randrange(50)}?q={chosen.choice(['1', '%20', '%zz', '', '1&q=2'])}",
            f"/both/{chosen.choice(odd)}",
            f"/strict/{chosen.randrange(50)}",
            f"/typed?n={chosen.choice(['1', 'x', '1&n=2'])}",
            chosen.choice(["/nowhere", "/health/live", "/", "//", "/both/1/", "/typed", "/typed?", "/both"]),
        ]
    )


async def told(client):
    """All that a client can see of an answer, but for times and ids."""
    got = await client.answer()
    # Of two steps that fail at the same moment either can be the one that cuts the other.
    hidden = {"date"} if got.status < 400 else {"date", "server-timing"}
    lines = [(name, VARIES.sub("…", value)) for name, value in client.lines if name not in hidden]
    return got.status, lines, got.body


async def test_answers_are_those_of_the_long_way(seeded):
    seed = seeded.random()
    up = by_target(seed)
    async with (
        serving(CONFIG, A=up, B=up) as gateway,
        gateway.client() as direct,
        gateway.client() as long_way,
    ):
        for number in range(80):
            more = seeded.choice(["", "x-it: \x80\r\n", "x-it: y\r\n", "x-it: a\r\nx-it: b\r\n"])
            head = f"GET {target(seeded)} HTTP/1.1\r\nhost: x\r\nX-Request-Id: r{number}\r\n{more}\r\n"
            data = head.encode("latin-1")

            direct.send_raw(data)
            one = await told(direct)
            long_way.send_raw(data[:3])  # a head in pieces is not read directly
            await asyncio.sleep(0.001)
            long_way.send_raw(data[3:])
            other = await told(long_way)

            assert one == other, head


async def test_requests_of_all_kinds_take_turns_on_one_connection(seeded):
    async with serving(CONFIG, A=echo, B=echo) as gateway, gateway.client() as client:
        for _ in range(60):
            kind = seeded.choice(["direct", "post", "page", "pieces", "pipelined", "head"])
            if kind == "post":
                client.send("POST", "/both/1", {"it": 1})
            elif kind == "page":
                client.send("GET", "/health/live")
            elif kind == "pieces":
                client.send_raw(b"GET /one/1 HTTP/1.1\r\nho")
                await asyncio.sleep(0.001)
                client.send_raw(b"st: x\r\n\r\n")
            elif kind == "pipelined":
                client.send_raw(b"GET /one/1 HTTP/1.1\r\nhost: x\r\n\r\n" * 3)
                assert [(await client.answer()).status for _ in range(2)] == [200, 200]
            elif kind == "head":
                client.send("HEAD", "/one/1")
                assert (await client.answer(head_only=True)).status == 200
                continue
            else:
                client.send("GET", "/one/1")
            assert (await client.answer()).status == 200


async def test_what_comes_while_a_request_is_answered_waits_its_turn():
    async with serving(CONFIG, A=echo, B=echo) as gateway, gateway.client() as client:
        for number in range(3):
            client.send_raw(b"GET /one/%d HTTP/1.1\r\nhost: x\r\n\r\n" % number)
            await asyncio.sleep(0.002)  # the upstream takes longer, so this is a piece of its own

        answers = [(await client.answer()).json for _ in range(3)]

    assert [each["a"]["target"] for each in answers] == ["/x/0", "/x/1", "/x/2"]


async def test_a_client_that_leaves_ends_its_calls():
    async def hanging(peer):
        await peer.request()
        ended.append(await peer.eof())

    ended = []
    async with serving(CONFIG, A=hanging, B=echo) as gateway:
        async with gateway.client() as client:
            client.send("GET", "/one/1")
            await asyncio.sleep(0.03)
        await gateway.idle(0.1)
        await asyncio.sleep(0.01)

        assert ended == [b""]
        assert gateway.gateway.metrics.requests("GET /one/{id:int}").gone == 1


async def test_a_bug_in_an_answer_is_a_500_with_the_id_that_the_log_has(caplog):
    async with serving(CONFIG, A=echo, B=echo) as gateway, gateway.client() as client:
        endpoint = gateway.gateway._listener.match("GET", b"/one/1").target
        endpoint.plan = dataclasses.replace(endpoint.plan, merge=None)  # whoever calls it fails

        client.send("GET", "/one/1", headers=[("x-request-id", "mine-7")])
        got = await client.answer()

        assert got.status == 500
        assert got.json["request_id"] == "mine-7"
        assert "mine-7" in caplog.text
        client.send("GET", "/both/1")
        assert (await client.answer()).status == 200
    caplog.clear()


async def echo(peer):
    while True:
        target = (await peer.request()).split(b" ", 2)[1]
        await asyncio.sleep(0.01)
        await peer.send(answer(b'{"name":"n","target":"%b"}' % target))
