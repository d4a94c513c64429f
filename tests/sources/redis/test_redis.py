"""Redis upstreams against a real Valkey: what calls get, and what each word of the server becomes."""

import asyncio
import logging

import pytest
from redis._parsers.base import BaseParser
from redis.exceptions import ResponseError

from gateway.outcome import Cause
from gateway.sources.redis import CAUSES, classified
from gateway.stores.redis_parser import AnswerTooLargeError
from tests.support.redis_sources import asking, cause, data, request
from tests.support.valkey import valkey

# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_command_answers_in_its_own_shape(server):
    async with asking(server.url) as there:
        await there.write(
            ("SET", "session:7", b'{"user":7}'),
            ("SET", "name:7", "Zoë"),
            ("HSET", "user:7", "name", "Zoë", "tags", '["a"]'),
            ("RPUSH", "list:7", "a", "b", "c"),
            ("SADD", "set:7", "a"),
            ("ZADD", "top:7", "1.5", "a", "2", "b"),
            ("XADD", "log:7", "1-0", "event", "login"),
            ("GEOADD", "geo:7", "13.361389", "38.115556", "Palermo"),
        )
        answers = {
            ("GET", "session:7"): {"user": 7},
            ("GET", "nobody"): None,
            ("MGET", "session:7", "nobody", "name:7"): [{"user": 7}, None, "Zoë"],
            ("HGETALL", "user:7"): {"name": "Zoë", "tags": ["a"]},
            ("HGETALL", "nobody"): None,
            ("HGET", "user:7", "name"): "Zoë",
            ("HMGET", "user:7", "name", "age"): {"name": "Zoë", "age": None},
            ("LRANGE", "list:7", 0, 1): ["a", "b"],
            ("LRANGE", "nobody", 0, 1): [],
            ("LLEN", "list:7"): 3,
            ("SMEMBERS", "set:7"): ["a"],
            ("ZRANGE", "top:7", 0, -1): ["a", "b"],
            ("ZRANGE", "top:7", 0, -1, "WITHSCORES"): [
                {"member": "a", "score": 1.5},
                {"member": "b", "score": 2},
            ],
            ("ZSCORE", "top:7", "a"): 1.5,
            ("ZRANK", "top:7", "b"): 1,
            ("XRANGE", "log:7", "-", "+"): [{"id": "1-0", "fields": {"event": "login"}}],
            ("EXISTS", "session:7", "nobody"): 1,
            ("TTL", "session:7"): -1,
            ("TTL", "nobody"): None,
            ("TYPE", "user:7"): "hash",
            ("TYPE", "nobody"): None,
            ("EVAL_RO", "return {1, redis.call('GET', KEYS[1])}", 1, "name:7"): [1, "Zoë"],
        }
        assert {asked: data(await there.ask(*asked)) for asked in answers} == answers


async def test_script_that_was_loaded_is_asked_by_its_digest(server):
    async with asking(server.url) as there:
        (sha,) = await there.write(("SCRIPT", "LOAD", "return redis.call('GET', KEYS[1])"))
        await there.write(("SET", "a", "1"))

        assert data(await there.ask("EVALSHA_RO", sha, 1, "a")) == "1"
        assert cause(await there.ask("EVALSHA_RO", "0" * 40, 1, "a")) is Cause.REJECTED


async def test_argument_is_one_argument_whatever_is_in_it(server):
    hard = "a b\r\n*1\r\n$8\r\nFLUSHALL\r\n\0é'\"".encode()
    async with asking(server.url) as there:
        await there.write(("SET", hard, "mine"), ("SET", "a", "theirs"))

        assert data(await there.ask("GET", hard)) == "mine"
        assert data(await there.ask("GET", "")) is None
        assert data(await there.ask("EXISTS", "a")) == 1


async def test_values_are_what_the_step_wants(server):
    async with asking(server.url) as there:
        await there.write(("SET", "a", b"\xff\x00"), ("SET", "n", "42"))

        assert data(await there.ask("GET", "a", values="base64")) == "/wA="
        assert data(await there.ask("GET", "n", values="json")) == 42
        assert data(await there.ask("GET", "n")) == "42"
        assert cause(await there.ask("GET", "a")) is Cause.UNREADABLE


async def test_bytes_of_an_answer_are_counted_and_given_back_by_whoever_asked(server):
    async with asking(server.url) as there:
        await there.write(("SET", "a", "x" * 98))
        call, ended = there.begin(request("GET", "a"))
        await ended

        assert (call.held, there.buffered.used) == (100, 100)
        there.buffered.limit = 150
        assert cause(await there.ask("GET", "a")) is Cause.BULKHEAD_FULL
        there.buffered.limit = 100
        assert cause(await there.ask("GET", "a")) is Cause.BULKHEAD_FULL
        assert there.buffered.used == 100


async def test_answer_over_the_bound_is_too_large_and_costs_no_connection(server):
    async with asking(server.url, max_answer=1000) as there:
        await there.write(("SET", "a", "x" * 1_000_000), ("SET", "b", "1"))

        large, fits = await asyncio.gather(there.ask("GET", "a"), there.ask("GET", "b"))

        assert (cause(large), data(fits), there.state.lost) == (Cause.TOO_LARGE, "1", 0)


# ── what the server says ────────────────────────────────────────────────────────────────────────────────


async def test_wrong_type_is_a_rejection(server):
    async with asking(server.url) as there:
        await there.write(("RPUSH", "list", "a"))
        outcome = await there.ask("GET", "list")

        assert (cause(outcome), outcome.detail) == (Cause.REJECTED, "Redis said WRONGTYPE")


async def test_script_that_blocks_the_server_is_a_failure_of_it(server):
    async with asking(server.url, timeout=1.0) as there, asking(server.url) as other:
        await other.write(("CONFIG", "SET", "busy-reply-threshold", "10"))
        _, endless = there.begin(request("EVAL_RO", "while true do end", 0))
        await asyncio.sleep(0.1)

        outcome = await other.ask("GET", "a")

        assert (cause(outcome), outcome.detail) == (Cause.FAILED, "Redis said BUSY")
        await other.write(("SCRIPT", "KILL"))
        assert cause(await endless) in {Cause.REJECTED, Cause.FAILED}
        assert data(await there.ask("GET", "a")) is None


async def test_user_that_may_not_ask_is_a_rejection(server):
    async with asking(server.url) as there:
        await there.write(("ACL", "SETUSER", "reader", "on", ">pass", "~mine:*", "+get"))
        async with asking(server.url, username="reader", password="pass") as reader:
            assert data(await reader.ask("GET", "mine:1")) is None
            assert cause(await reader.ask("GET", "yours:1")) is Cause.REJECTED
            assert cause(await reader.ask("HGET", "mine:1", "a")) is Cause.REJECTED


@pytest.mark.parametrize("code", sorted(CAUSES))
def test_every_error_of_the_table_has_its_cause(code):
    text = {"MOVED": "1 127.0.0.1:1", "ASK": "1 127.0.0.1:1"}.get(code, "and what it says of host:6379")
    failure = classified(BaseParser.parse_error(f"{code} {text}"))

    assert (failure.cause, failure.detail) == (CAUSES[code], f"Redis said {code}")


def test_error_of_no_table_is_a_failure_of_the_server():
    assert classified(ResponseError("NEWWORD of a later version")).cause is Cause.FAILED
    assert classified(AnswerTooLargeError("over 10 bytes")).cause is Cause.TOO_LARGE


# ── logging in ──────────────────────────────────────────────────────────────────────────────────────────


async def test_wrong_password_is_told_to_operators_and_shown_to_nobody(caplog):
    caplog.set_level(logging.DEBUG)
    with valkey(password="hunter2") as server:
        async with asking(server.url.replace("hunter2", "hunter3")) as there:
            outcome = await there.ask("GET", "a")
            told = f"{outcome} {there.upstream.details()}"

        assert cause(outcome) is Cause.UNREACHABLE
        assert "the server refuses the user or the password (WRONGPASS)" in outcome.detail
        assert there.upstream.details()["redis"]["of"] == 2
        assert "hunter" not in told + caplog.text

        async with asking(server.url.replace(":hunter2@", "")) as there:
            assert "NOAUTH" in (await there.ask("GET", "a")).detail
        async with asking(server.url.replace("hunter2", "wrong"), password="hunter2") as there:
            assert data(await there.ask("GET", "a")) is None


async def test_upstream_tells_its_connections_as_a_pool_does(server):
    async with asking(server.url) as there:
        state = there.upstream.state()
        assert (state.limit, state.open, state.idle, state.in_use, state.waiting) == (2, 2, 2, 0, 0)
        server.freeze()
        _, ended = there.begin(request("GET", "a"))
        await asyncio.sleep(0.02)
        assert (there.upstream.state().idle, there.upstream.state().in_use) == (1, 1)
        server.thaw()
        await ended
