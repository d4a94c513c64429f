"""Redis upstreams as a configuration has them: through all layers, against a real server."""

import asyncio
import json

import pytest

from gateway.compiler.kinds.redis import _shown
from tests.support.compiled import compiled, messages
from tests.support.gateways import serving
from tests.support.redis_sources import TlsFront, asking, authority
from tests.support.tcp_faults import TcpFaults
from tests.support.valkey import valkey

STEPS = """
upstreams:
  cache: {{ redis: "{url}", timeout: 2s }}
routes:
  GET /me/{{id:int}}:
    time_limit: 6s
    steps:
      session: {{ upstream: cache, redis: [get, "session:{{cookie.sid}}"] }}
      orders: {{ upstream: cache, redis: [LRANGE, "orders:{{session.user}}", 0, "{{query.last:int | 9}}"] }}
      counted: {{ upstream: cache, redis: [GET, "count:{{id}}"], values: json }}
  GET /twice:
    time_limit: 6s
    steps:
      one: {{ upstream: cache, redis: [GET, "a:{{query.x}}"] }}
      other: {{ upstream: cache, redis: [GET, "a:{{query.x}}"] }}
      text: {{ upstream: cache, redis: [GET, "a:{{query.x}}"], values: text }}
  GET /kept:
    time_limit: 6s
    steps:
      a: {{ upstream: cache, redis: [GET, "a:{{query.x}}"], cache: {{ ttl: 1h, stale_if_error: 1h }} }}
"""


@pytest.fixture
def server():
    with valkey() as running:
        yield running


def values(answer):
    assert answer.status == 200
    return json.loads(answer.body)


async def test_steps_ask_for_what_requests_and_other_steps_say(server):
    async with asking(server.url) as there, serving(STEPS.format(url=server.url)) as served:
        await there.write(
            ("SET", "session:abc", '{"user":7}'),
            ("RPUSH", "orders:7", "a", "b", "c"),
            ("SET", "count:5", "42"),
        )
        answer = await served.get("/me/5?last=1", ("cookie", "sid=abc"))
        nobody = await served.get("/me/6", ("cookie", "sid=a%20b*"))
        without = await served.get("/me/6")

    assert values(answer) == {"session": {"user": 7}, "orders": ["a", "b"], "counted": 42}
    assert values(nobody)["session"] is None
    assert (without.status, json.loads(without.body)["cause"] if without.body else "") == (
        400,
        "bad_request",
    )


async def test_argument_never_becomes_several(server):
    async with asking(server.url) as there, serving(STEPS.format(url=server.url)) as served:
        await there.write(("SET", "a:1 EX 5\r\nDEL x", "mine"), ("SET", "x", "here"))
        answer = await served.get("/twice?x=1%20EX%205%0D%0ADEL%20x")

        assert values(answer) == {"one": "mine", "other": "mine", "text": "mine"}
        assert (await there.ask("GET", "x")).data == "here"


async def test_equal_commands_are_sent_once_and_others_are_not_taken_for_them(server):
    async with asking(server.url) as there, serving(STEPS.format(url=server.url)) as served:
        await there.write(("SET", "a:1", '{"b":1}'), ("CONFIG", "RESETSTAT"))
        answer = await served.get("/twice?x=1")
        (told,) = await there.write(("INFO", "commandstats"))

    assert values(answer) == {"one": {"b": 1}, "other": {"b": 1}, "text": '{"b":1}'}
    assert b"cmdstat_get:calls=2," in told


async def test_copy_stands_in_when_the_server_is_gone_and_the_route_goes_on(server):
    async with asking(server.url) as there, serving(STEPS.format(url=server.url)) as served:
        await there.write(("SET", "a:1", "kept"))
        assert values(await served.get("/kept?x=1")) == {"a": "kept"}
        server.kill()
        cached = await served.get("/kept?x=1")
        gone = await served.get("/kept?x=2")

    assert values(cached) == {"a": "kept"}
    assert (gone.status, json.loads(gone.body)["cause"]) == (502, "unreachable")


async def test_i4_redis_that_hangs_costs_its_own_small_timeout_and_not_the_route(server):
    config = STEPS.format(url=server.url).replace("timeout: 2s", "timeout: 50ms, retry: off")
    config = config.replace('[GET, "count:{id}"], values: json', '[GET, "count:{id}"], fallback: 0')
    async with serving(config) as served:
        server.freeze()
        answer = await served.get("/me/5", ("cookie", "sid=abc"))
        server.thaw()

    assert values(answer)["counted"] == 0
    assert values(answer)["degraded"]["session"]["cause"] == "timeout"


async def test_wrong_password_is_told_to_operators_in_words_and_shown_to_nobody():
    with valkey(password="hunter2") as server:
        async with serving(STEPS.format(url=server.url.replace("hunter2", "hunter3"))) as served:
            answer = await served.get("/kept?x=1")
            health = await served.get("/health")
            details = repr(served.gateway.upstreams["cache"].details())

    assert (answer.status, json.loads(answer.body)["cause"]) == (502, "unreachable")
    assert "the server refuses the user or the password (WRONGPASS)" in details
    assert "hunter" not in details + health.body.decode() + answer.body.decode()


async def test_rediss_trusts_the_authority_of_the_upstream(server, tmp_path):
    trusted, certificate = authority()
    trusted.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with TlsFront(server.port, certificate) as front:
        config = STEPS.format(url=f"rediss://127.0.0.1:{front.port}")
        secure = config.replace("timeout: 2s", f"timeout: 2s, tls: {{ ca: '{tmp_path / 'ca.pem'}' }}")
        async with serving(secure) as served:
            assert values(await served.get("/twice?x=1"))["one"] is None
        async with serving(config) as served:
            assert (await served.get("/kept?x=1")).status == 502


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:hunter2@cache:1/2", "redis://cache:1/2"),
        ("redis://:${PASSWORD}@cache:1/2", "redis://cache:1/2"),
        ("${REDIS_URL}", "${REDIS_URL}"),
        ("${REDIS_URL:-redis://:hunter2@cache}", "${REDIS_URL}"),
        ("${SCHEME}://:hunter2@cache", "redis"),
    ],
)
def test_where_it_is_is_told_without_secrets(url, shown):
    assert _shown(url) == shown


def test_timeout_of_a_redis_is_its_own_unless_somebody_says_otherwise():
    config = 'upstreams: {{ a: {{ redis: "redis://a"{own} }} }}\nroutes: {{}}\n'

    def timeout(defaults="", own=""):
        return compiled(defaults + config.format(own=own)).upstreams["a"].timeout

    defaults = "defaults: { upstream: { timeout: 300ms } }\n"
    assert [timeout(), timeout(defaults), timeout(defaults, ", timeout: 7ms")] == [0.1, 0.3, 0.007]


WRITES = """
upstreams:
  cache: {{ redis: "{url}", timeout: 2s }}
routes:
  POST /seen/{{id:int}}:
    time_limit: 6s
    steps:
      one: {{ upstream: cache, redis: [INCR, "seen:{{id}}"], write: true }}
      other: {{ upstream: cache, redis: [INCR, "seen:{{id}}"], write: true }}
  POST /kept/{{id:int}}:
    time_limit: 6s
    steps:
      kept: {{ upstream: cache, redis: [SET, "note:{{id}}", "{{body.note:str}}", EX, 60, NX], write: true }}
"""


async def test_writes_are_made_each_by_itself_and_answer_what_redis_says(server):
    async with asking(server.url) as there, serving(WRITES.format(url=server.url)) as served:
        answer = await served.ask("/seen/7", "POST")
        kept = await served.ask("/kept/7", "POST", {"note": "a b\r\n*1"})
        again = await served.ask("/kept/7", "POST", {"note": "other"})

        assert sorted(values(answer).values()) == [1, 2]
        assert (values(kept), values(again)) == ({"kept": "OK"}, {"kept": None})
        assert (await there.ask("GET", "note:7")).data == "a b\r\n*1"
        assert 0 < (await there.ask("TTL", "note:7")).data <= 60


async def test_write_whose_answer_is_lost_is_not_made_again(server):
    async with TcpFaults(server.port) as between, asking(server.url) as there:
        async with serving(WRITES.format(url=f"redis://127.0.0.1:{between.port}")) as served:
            between.hold()
            asked = asyncio.ensure_future(served.ask("/seen/7", "POST"))
            while (await there.ask("GET", "seen:7")).data != "2":
                await asyncio.sleep(0.01)
            between.cut()
            answer = await asked
            between.release()

        assert json.loads(answer.body)["cause"] == "incomplete"
        assert (await there.ask("GET", "seen:7")).data == "2"


def test_what_a_step_asks_is_checked():
    config = 'upstreams: { a: { redis: "redis://a" } }\nroutes: { GET /a: { steps: { s: {%s} } } }\n'

    assert messages(config % "upstream: a, redis: [GET, k]") == []
    assert messages(config % "upstream: a, redis: [FLUSHALL]") == [
        "`FLUSHALL` changes data in a way that no step may"
    ]
    assert messages(config % "upstream: a, redis: ['{query.command}', k]") == [
        "`{query.command}` is no command that a step can ask"
    ]
