"""A store in a real Valkey: what it keeps, and what it costs when Valkey is slow, hung, gone or back."""

import asyncio
import logging

import pytest

from gateway.layers.circuit_rules import CircuitRules
from gateway.plan.flight import Flight
from gateway.stores.redis_client import ask
from tests.support.copies import copy_of, key_of
from tests.support.redis_stores import opened, patient
from tests.support.servers import open_files
from tests.support.tcp_faults import TcpFaults
from tests.support.valkey import valkey

KEY = key_of("orders of 7")
NEVER_OPENS = CircuitRules(consecutive=None, minimum_throughput=1_000_000)
HANGS = {"timeout": 0.02, "give_up": 0.2, "connect_timeout": 0.2}
"""Times for servers that do not answer: short, and yet longer than a busy machine's hiccups."""


async def test_what_was_written_can_be_read_by_another_process(server):
    async with opened(patient(server.url)) as one, opened(patient(server.url)) as other:
        await one.kept(KEY, copy_of(b'{"a":1}', status=203))

        copy = await other.store.get(KEY)

    assert (copy.body, copy.status, copy.fresh) == (b'{"a":1}', 203, 60.0)
    assert (other.now.hits, other.now.misses) == (1, 0)


async def test_unknown_key_is_a_miss(server):
    async with opened(patient(server.url)) as there:
        assert await there.store.get(KEY) is None
        assert (there.now.misses, there.now.errors) == (1, 0)


async def test_copy_ages_on_the_servers_clock_from_the_age_it_came_with(server):
    async with opened(patient(server.url)) as there:
        await there.kept(KEY, copy_of(age=5.0, fresh=60.0, stand_in=600.0))
        await asyncio.sleep(0.05)

        copy = await there.store.get(KEY)

    assert 5.04 <= copy.age < 7.0


async def test_copy_is_gone_when_it_is_of_no_use_any_more(server):
    async with opened(patient(server.url)) as there:
        await there.kept(KEY, copy_of(fresh=0.05))
        await asyncio.sleep(0.06)

        assert await there.store.get(KEY) is None
        assert there.now.damaged == 0


async def test_namespaces_do_not_see_each_other(server):
    mine, theirs = patient(server.url, namespace="mine"), patient(server.url, namespace="theirs")
    async with opened(mine) as one, opened(theirs) as other:
        await one.kept(KEY, copy_of())

        assert await other.store.get(KEY) is None


async def test_many_questions_at_once_get_their_own_answers(server):
    async with opened(patient(server.url)) as there:
        for number in range(200):
            await there.store.set(key_of(number), copy_of(b"%d" % number))
        await there.until(lambda: there.now.written == 200)

        bodies = await asyncio.gather(*(there.body(key_of(number)) for number in range(250)))

    assert bodies == [b"%d" % number for number in range(200)] + [None] * 50


async def test_question_can_be_asked_from_a_step_that_is_no_task(server):
    async with opened(patient(server.url)) as there:
        await there.kept(KEY, copy_of(b"[7]"))
        bodies = []

        async def step():
            assert asyncio.current_task() is None
            bodies.append(await there.body(KEY))

        landed = there.loop.create_future()
        there.loop.call_soon(lambda: Flight(step()).add_done_callback(landed.set_result))
        await landed

    assert bodies == [b"[7]"]


async def test_what_is_no_copy_is_a_counted_miss_and_no_trouble(server):
    async with opened(patient(server.url)) as there:
        name = there.store._name(KEY)
        await ask(there.store._writer, [("SET", name, b"\x80 something else", "PX", 60_000)])

        assert await there.store.get(KEY) is None
        changed = [("DEL", name), ("RPUSH", name, "a list"), ("PEXPIRE", name, 60_000)]
        await ask(there.store._writer, changed)
        assert await there.store.get(KEY) is None

        assert (there.now.damaged, there.now.errors, there.circuit.in_a_row) == (2, 0, 0)


async def test_too_large_a_body_is_not_sent(server):
    async with opened(patient(server.url, max_value=10)) as there:
        await there.store.set(KEY, copy_of(b"x" * 11))

        assert there.now.write_drops == 1
        assert there.now.waiting == 0


async def test_write_that_the_server_refuses_is_counted_and_keeps_the_connection(server):
    async with opened(patient(server.url)) as there:
        await ask(there.store._writer, [("CONFIG", "SET", "maxmemory", "1")])

        await there.store.set(KEY, copy_of())
        await there.until(lambda: there.now.write_errors == 1)

        assert (there.now.written, there.now.links, there.now.reconnects) == (0, 3, 3)


# ── Redis in trouble ────────────────────────────────────────────────────────────────────────────────────


async def test_server_that_was_never_there_costs_nothing(server):
    server.kill()
    async with opened(patient(server.url)) as there:
        coroutine = there.store.get(KEY)
        with pytest.raises(StopIteration) as done:  # it never waited
            coroutine.send(None)

        assert done.value.value is None
        await there.store.set(KEY, copy_of())
        assert (there.now.links, there.now.skipped, there.now.write_drops) == (0, 1, 1)


async def test_f6_server_that_hangs_costs_its_timeout_until_the_circuit_opens_and_then_nothing(server):
    async with opened(patient(server.url, **HANGS)) as there:
        await there.kept(KEY, copy_of())
        server.freeze()

        costs = [await there.cost(KEY) for _ in range(20)]
        server.thaw()

    assert max(costs) < 0.25
    assert there.now.timeouts < 15  # 5, unless this machine itself stood still
    assert there.now.skipped == 20 - there.now.timeouts


async def test_f6_server_that_dies_costs_one_question_per_connection(server):
    async with opened(patient(server.url)) as there:
        await there.kept(KEY, copy_of())
        server.kill()

        costs = [await there.cost(KEY) for _ in range(20)]

    assert max(costs) < 0.5
    assert there.now.timeouts == 0
    assert there.now.skipped >= 18


async def test_connections_come_back_by_themselves(server):
    async with opened(patient(server.url)) as there:
        await there.kept(KEY, copy_of(b"1"))
        server.kill()
        assert await there.body(KEY) is None
        server.start()

        await there.used_until_well(KEY, copy_of(b"2"))


async def test_server_that_hung_is_asked_again_once_its_open_time_is_over(server):
    async with opened(patient(server.url, **HANGS)) as there:
        await there.kept(KEY, copy_of(b"[1]"))
        server.freeze()
        assert [await there.body(KEY) for _ in range(20)] == [None] * 20
        server.thaw()

        assert await there.eventually(KEY) == b"[1]"
        assert str(there.circuit.state) == "closed"


async def test_slow_answers_are_read_and_cost_no_connection(server):
    async with TcpFaults(server.port) as between, opened(patient(_url(between), timeout=0.02)) as there:
        await there.kept(KEY, copy_of(b"[1]"))
        between.hold()
        assert await there.body(KEY) is None
        between.release()

        assert await there.eventually(KEY) == b"[1]"
        assert (there.now.hits, there.now.links, there.now.reconnects) == (1, 3, 3)


async def test_c8_question_that_was_cancelled_leaves_the_next_one_its_own_answer(server):
    async with TcpFaults(server.port) as between, opened(patient(_url(between), links=1)) as there:
        for number in range(40):
            await there.store.set(key_of(number), copy_of(b"%d" % number))
        await there.until(lambda: there.now.written == 40)

        for number in range(0, 40, 2):
            between.hold()
            cancelled = asyncio.ensure_future(there.body(key_of(number)))
            await asyncio.sleep(0.002)
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
            between.release()
            assert await there.body(key_of(number + 1)) == b"%d" % (number + 1)

        assert (there.now.links, there.now.reconnects, there.now.damaged) == (2, 2, 0)
        assert there.circuit.in_a_row == 0


async def test_c8_question_that_timed_out_leaves_the_next_one_its_own_answer(server):
    async with TcpFaults(server.port) as between:
        impatient = patient(_url(between), links=1, timeout=0.02, give_up=0.1)
        async with opened(patient(server.url)) as writer, opened(impatient, NEVER_OPENS) as there:
            await writer.kept(key_of("one"), copy_of(b"1"))
            await writer.kept(key_of("two"), copy_of(b"2"))
            for late in (0.0, 0.15):  # within and after the time for which the connection is kept
                between.hold()
                assert await there.body(key_of("one")) is None
                await asyncio.sleep(late)
                between.release()

                assert await there.eventually(key_of("two")) == b"2"

            assert there.now.damaged == 0


async def test_c8_whatever_happens_to_questions_nobody_gets_the_answer_to_another(server, seeded):
    async with TcpFaults(server.port) as between:
        settings = patient(_url(between), timeout=0.02, give_up=0.06)
        async with opened(patient(server.url)) as writer, opened(settings, NEVER_OPENS) as there:
            for number in range(50):
                await writer.store.set(key_of(number), copy_of(b"%d" % number))
            await writer.until(lambda: writer.now.written == 50)

            wrong, right = [], 0

            async def ask():
                nonlocal right
                number = seeded.randrange(60)
                body = await there.body(key_of(number))
                right += body is not None
                if body is not None and body != b"%d" % number:
                    wrong.append((number, body))

            for _ in range(150):
                asking = [asyncio.ensure_future(ask()) for _ in range(seeded.randrange(1, 12))]
                await asyncio.sleep(seeded.choice([0, 0, 0.001, 0.004]))
                for task in asking:
                    if seeded.random() < 0.3:
                        task.cancel()
                event = seeded.random()
                if event < 0.15:
                    between.hold()
                elif event < 0.17:
                    between.cut()
                elif event < 0.6:
                    between.release()
                await asyncio.wait(asking)

    assert wrong == []
    assert right > 0
    assert there.now.damaged == 0


async def test_connections_that_are_cut_are_replaced(server):
    async with TcpFaults(server.port) as between, opened(patient(_url(between))) as there:
        await there.kept(KEY, copy_of(b"[1]"))
        between.cut()

        await there.used_until_well(KEY, copy_of(b"[2]"))


async def test_i4_questions_and_writes_that_find_no_room_are_dropped_and_counted(server):
    settings = patient(server.url, **HANGS | {"timeout": 0.1}, max_asked=10, max_written=2_000)
    async with opened(settings) as there:
        server.freeze()
        began = there.loop.time()
        for number in range(30):
            await there.store.set(key_of(number), copy_of())
        written = there.loop.time() - began
        await asyncio.gather(*(there.store.get(key_of(number)) for number in range(30)))
        asked = there.loop.time() - began
        server.thaw()

    assert there.now.dropped == 20
    assert there.now.write_drops >= 26
    assert written < 0.05
    assert asked < 0.3


async def test_a_hundred_lost_connections_leave_no_file_and_no_task_behind(server):
    async with TcpFaults(server.port) as between, opened(patient(_url(between)), NEVER_OPENS) as there:
        await there.kept(KEY, copy_of(b"[1]"))
        before = open_files(), len(asyncio.all_tasks())
        for _ in range(50):
            between.cut()
            await there.store.get(KEY)
            await there.store.get(KEY)
        await there.used_until_well(KEY, copy_of(b"[2]"))
        await there.until(lambda: there.now.links == 3)

        await there.until(lambda: (open_files(), len(asyncio.all_tasks())) <= before)


async def test_closing_answers_those_who_wait_and_leaves_nothing_behind(server):
    async with opened(patient(server.url)) as there:
        server.freeze()
        waiting = [asyncio.ensure_future(there.store.get(key_of(number))) for number in range(40)]
        await asyncio.sleep(0.01)

        await there.store.close()

        assert await asyncio.gather(*waiting) == [None] * 40
        assert len(asyncio.all_tasks()) == 1
        server.thaw()
        await there.store.open()
        assert await there.store.get(KEY) is None
        assert there.now.misses == 1


async def test_password_is_in_no_log_line_and_in_no_name(caplog):
    caplog.set_level(logging.DEBUG)
    with valkey(password="hunter2") as server:
        async with opened(patient(server.url)) as there:
            await there.kept(KEY, copy_of())
            server.kill()
            await there.store.get(KEY)
            names = f"{there.store!r} {there.store._settings!r} {there.store._writer!r} {there.now!r}"
        server.start()
        wrong = patient(server.url.replace("hunter2", "hunter3"))
        async with opened(wrong) as there:
            assert there.now.links == 0

    told = [record.getMessage() for record in caplog.records if record.name.startswith("gateway")]
    refused = "the server refuses the user or the password (WRONGPASS)"
    assert f"a store has no connection to Redis: {refused}" in told
    assert "hunter" not in names
    assert "hunter" not in caplog.text


def _url(between):
    return f"redis://127.0.0.1:{between.port}"
