"""A real cluster as one upstream: keys are found, while they move and after, and so are copies and hints."""

import pytest

from gateway.outcome import Cause
from gateway.stores.hint import Hint
from gateway.stores.redis_hints import RedisHints
from tests.support.copies import copy_of, key_of
from tests.support.processes import until
from tests.support.redis_sources import asking, cause, data
from tests.support.redis_stores import opened, patient
from tests.support.valkey_groups import cluster

pytestmark = pytest.mark.slow

KEYS = [b"a", b"b", b"c"]
"""One on each of three nodes."""


@pytest.fixture
def three():
    with cluster() as running:
        assert sorted(map(running.owner, KEYS)) == [0, 1, 2]
        yield running


async def test_each_key_is_asked_where_it_is_kept(three):
    async with asking(three.url) as there:
        assert await there.write(*(("SET", key.decode(), key) for key in KEYS)) == [b"OK"] * 3

        assert [data(await there.ask("GET", key)) for key in KEYS] == ["a", "b", "c"]
        assert (there.state.up, there.state.of, there.state.made) == (6, 6, 6)
        outcome = await there.ask("MGET", "a", "b")
        assert (cause(outcome), outcome.detail) == (Cause.REJECTED, "Redis said CROSSSLOT")


async def test_key_that_is_about_to_move_is_asked_for_at_both_ends(three):
    to = (three.owner(b"a") + 1) % 3
    async with asking(three.url) as there:
        await there.write(("SET", "a", "1"))
        three.begin_move(b"a", to)
        assert data(await there.ask("GET", "a")) == "1"

        three.nodes[three.owner(b"a")].ask("MIGRATE", "127.0.0.1", three.nodes[to].port, "a", 0, 1000)
        assert [data(await there.ask("GET", "a")) for _ in range(3)] == ["1"] * 3


async def test_key_that_moved_is_found_by_one_redirection_and_then_at_once(three):
    async with asking(three.url) as there:
        await there.write(("SET", "a", "1"))
        three.move(b"a", (three.owner(b"a") + 1) % 3)

        assert [data(await there.ask("GET", "a")) for _ in range(3)] == ["1"] * 3
        assert there.state.lost == 0


async def test_node_that_is_gone_takes_its_own_keys_and_no_others(three):
    async with asking(three.url) as there:
        await there.write(*(("SET", key.decode(), key) for key in KEYS))
        three.nodes[three.owner(b"c")].kill()
        await there.until(lambda: there.state.up == 4)

        assert [data(await there.ask("GET", key)) for key in (b"a", b"b")] == ["a", "b"]
        assert cause(await there.ask("GET", b"c")) in {Cause.UNREACHABLE, Cause.FAILED}


async def test_replica_that_takes_over_is_found(three):
    own = three.owner(b"c")
    replica = three.replicate(own)
    async with asking(three.url) as there, opened(patient(three.url)) as store:
        await there.write(("SET", "c", "1"))
        until(lambda: replica.ask("DBSIZE") == 1, what="the replica has it")
        three.nodes[own].kill()

        assert await there.until_answered("GET", "c") == b'"1"'
        assert replica.ask("ROLE")[0] == b"master"
        await store.used_until_well(key_of("any"), copy_of(b"[1]"))


async def test_cluster_none_of_whose_nodes_answers_is_unreachable_until_one_does():
    async with asking("redis+cluster://127.0.0.1:1", connect_timeout=0.2) as there:
        outcome = await there.ask("GET", "a")

        assert (cause(outcome), outcome.detail) == (Cause.UNREACHABLE, "ConnectionRefusedError")


async def test_copies_and_hints_lie_all_over_a_cluster(three):
    heard = []
    async with opened(patient(three.url)) as there:
        for number in range(50):
            await there.store.set(key_of(number), copy_of(b"%d" % number))
        await there.until(lambda: there.now.written == 50)
        assert [await there.body(key_of(number)) for number in range(50)] == [b"%d" % n for n in range(50)]
        assert (there.now.links, there.now.errors) == (9, 0)

        boards = [RedisHints(patient(three.url), there.loop.time, lambda: 0.5, 0.02) for _ in range(2)]
        topics = ["users:1", "orders:2", "recs:3"]
        await boards[0].open(topics, heard.append)
        await boards[1].open([], heard.append)
        for topic in topics:
            boards[1].post(Hint(topic, "other", 1, 5.0, 5.0))
        await there.until(lambda: {hint.topic for hint in heard} == set(topics))
        for board in boards:
            await board.close()
