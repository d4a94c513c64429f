"""Processes that share a board in a real Valkey: hints reach them, also late, and nothing depends on it."""

import asyncio
import contextlib

from gateway.layers.circuit import Circuit
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.hints import SharedCircuits
from gateway.stores.hint import Hint
from gateway.stores.redis_client import ask, client_of
from gateway.stores.redis_hints import RedisHints
from gateway.stores.redis_settings import RedisSettings

RULES = CircuitRules(consecutive=5, open_for=5.0, jitter=0.0)
IN_TIME = 5.0
"""Seconds for what takes milliseconds on an idle machine."""


class Process:
    """What one gateway process has of it all: a circuit, its hints, a board on a connection of its own."""

    def __init__(self, server, origin, interval=0.02):
        self.loop = asyncio.get_running_loop()
        settings = RedisSettings(url=server.url, connect_timeout=1.0, give_up=1.0)
        self.board = RedisHints(settings, self.loop.time, lambda: 0.5, interval)
        self.shared = SharedCircuits(self.board, origin, self.loop.time)
        self.circuit = Circuit("users", RULES, lambda: 0.5, self.shared.notice)
        self.hints = self.shared.join(self.circuit, "users")

    @property
    def state(self):
        return str(self.circuit.state)

    def call(self, count=1, *, failed=False):
        """So many calls; how many of them the circuit let through."""
        admitted = 0
        for _ in range(count):
            now = self.loop.time()
            permit = self.circuit.acquire(now)
            if permit is None:
                continue
            admitted += 1
            if failed:
                self.circuit.failed(permit, now, 0.1)
            else:
                self.circuit.succeeded(permit, now, 0.1)
        return admitted

    async def until(self, condition):
        async with asyncio.timeout(IN_TIME):
            while not condition():
                await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(server, origin, **options):
    process = Process(server, origin, **options)
    await process.board.open(process.shared.topics, process.shared.hear)
    try:
        yield process
    finally:
        await process.board.close()


async def test_process_learns_from_another_that_an_upstream_is_down(server):
    async with running(server, "one") as one, running(server, "two") as two:
        one.call(5, failed=True)
        await two.until(lambda: two.state == "half_open")

        assert two.call(100, failed=True) == 1
        assert (one.state, two.state) == ("open", "open")


async def test_process_that_hears_from_its_upstream_itself_is_not_talked_into_anything(server):
    async with running(server, "one") as one, running(server, "two", interval=60.0) as two:
        one.call(5, failed=True)
        await one.until(lambda: one.board.counts.posted == 1)
        await asyncio.sleep(0.005)  # two later than the opening on a clock of milliseconds
        two.call()
        two.board._news.set()  # it looks at the board
        await two.until(lambda: two.hints.tally.outvoted == 1)

        assert two.state == "closed"


async def test_circuits_that_open_on_hints_do_not_stir_each_other_up(server):
    async with running(server, "one") as one, running(server, "two") as two:
        one.call(5, failed=True)
        await two.until(lambda: two.state == "half_open")
        two.call(failed=True)
        await asyncio.sleep(0.2)

        assert (one.hints.tally.heeded, two.hints.tally.heeded) == (0, 1)
        assert one.circuit.generation == 1


async def test_n5_restarted_process_knows_before_it_serves_that_a_circuit_was_open(server):
    async with running(server, "before the restart") as before:
        before.call(5, failed=True)
        await before.until(lambda: before.board.counts.posted == 1)

    async with running(server, "after the restart", interval=60.0) as after:
        assert after.state == "half_open"
        permits = [after.circuit.acquire(after.loop.time()) for _ in range(500)]
        assert len([permit for permit in permits if permit is not None]) == 3


async def test_n5_restarted_process_serves_at_once_when_the_upstream_is_well_again(server):
    async with running(server, "before the restart") as before:
        before.call(5, failed=True)
        await before.until(lambda: before.board.counts.posted == 1)

    async with running(server, "after the restart") as after:
        assert after.call(50) == 50
        assert after.state == "closed"


async def test_n5_restart_without_redis_starts_closed_and_guards_itself(server):
    server.kill()
    async with running(server, "after the restart") as after:
        assert after.state == "closed"
        assert after.call(50, failed=True) == 5
        assert after.state == "open"


async def test_board_that_dies_in_the_midst_leaves_every_process_to_itself(server):
    async with running(server, "one") as one, running(server, "two") as two:
        await two.until(lambda: two.board._client.ready(None))
        server.kill()

        assert one.call(50, failed=True) == 5
        assert two.call(50) == 50
        await asyncio.sleep(0.1)
        assert (one.state, two.state) == ("open", "closed")

        server.start()
        await two.until(lambda: two.board._client.ready(None) and one.board.counts.posted == 1)
        await two.until(lambda: two.hints.tally.outvoted + two.hints.tally.heeded == 1)


async def test_what_was_posted_while_the_board_was_away_shrank_meanwhile(server):
    server.kill()
    async with running(server, "one") as one:
        one.call(5, failed=True)
        await asyncio.sleep(0.1)
        server.start()
        await one.until(lambda: one.board.counts.posted == 1)

        async with running(server, "two") as two:
            await two.until(lambda: two.hints.tally.heeded == 1)
            assert two.hints._until - two.loop.time() < 4.95


async def test_hung_board_costs_nobody_anything(server):
    async with running(server, "one") as one:
        server.freeze()
        began = one.loop.time()
        for _ in range(1000):
            one.board.post(Hint("users", "one", 1, 5.0, 5.0))
        assert one.loop.time() - began < 0.25
        assert len(one.board._posts) == 1
        server.thaw()


async def test_what_makes_no_sense_is_counted_and_heard_by_nobody(server):
    client = client_of(RedisSettings(url=server.url), lambda: 0.5)
    await client.open()
    await ask(client, [("SET", "gateway:hint:users", b"5 o'clock", "PX", 60_000)])
    async with running(server, "one") as one:
        assert one.board.counts.senseless == 1
        await ask(client, [("SET", "gateway:hint:users", b'{"v":1,"origin":"x","number":1,"open_for":5}')])
        await one.until(lambda: one.board.counts.senseless > 2)

        assert (one.state, one.board.counts.heard) == ("closed", 0)
    await client.close()


async def test_closed_board_leaves_no_task_and_its_hints_to_the_others(server):
    async with running(server, "one") as one:
        one.call(5, failed=True)
        await one.until(lambda: one.board.counts.posted == 1)

    assert len(asyncio.all_tasks()) == 1
    async with running(server, "two") as two:
        assert two.state == "half_open"
