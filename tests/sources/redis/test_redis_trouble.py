"""A real Valkey in trouble: what it costs calls, and that the connections are whole afterwards."""

import asyncio

from gateway.outcome import Cause, Failure, Success
from tests.support.redis_sources import Asking, asking, cause, data, request
from tests.support.servers import open_files
from tests.support.tcp_faults import TcpFaults


def through(between):
    return f"redis://127.0.0.1:{between.port}"


async def test_server_that_is_not_there_is_unreachable_at_once(server):
    server.kill()
    async with asking(server.url) as there:
        began = there.loop.time()
        outcome = await there.ask("GET", "a")

        assert (cause(outcome), outcome.detail) == (Cause.UNREACHABLE, "ConnectionRefusedError")
        assert there.loop.time() - began < 0.5


async def test_server_that_hangs_costs_the_timeout_and_no_connection(server):
    async with asking(server.url, timeout=0.05) as there:
        server.freeze()
        began = there.loop.time()
        outcomes = await asyncio.gather(*(there.ask("GET", "a") for _ in range(50)))
        took = there.loop.time() - began
        server.thaw()

        assert {cause(outcome) for outcome in outcomes} == {Cause.TIMEOUT}
        assert took < 0.5
        assert data(await there.ask_patiently("GET", "a")) is None
        assert there.state.lost == 0


async def test_server_that_hangs_for_long_costs_its_connections_which_come_back(server):
    async with asking(server.url, timeout=0.02, give_up=0.1, connect_timeout=0.2) as there:
        server.freeze()
        assert cause(await there.ask("GET", "a")) is Cause.TIMEOUT
        await there.until(lambda: there.state.lost == 1)
        server.thaw()

        assert await there.until_answered("GET", "a") == b"null"


async def test_slow_answers_are_read_past_and_nobody_gets_anothers(server):
    async with TcpFaults(server.port) as between, asking(through(between), timeout=0.03) as there:
        await there.write(("MSET", "a", "1", "b", "2"))
        between.hold()
        assert cause(await there.ask("GET", "a")) is Cause.TIMEOUT
        between.release()

        assert data(await there.ask_patiently("GET", "b")) == "2"
        assert there.state.lost == 0


async def test_connection_lost_within_a_question_is_incomplete_and_replaced(server):
    async with TcpFaults(server.port) as between, asking(through(between)) as there:
        between.hold()
        asked = [there.begin(request("GET", "a"))[1] for _ in range(20)]
        await asyncio.sleep(0.02)
        between.cut()

        assert {cause(outcome) for outcome in await asyncio.gather(*asked)} == {Cause.INCOMPLETE}
        between.release()
        assert await there.until_answered("GET", "a") == b"null"
        await there.until(lambda: there.state.up == 2)


async def test_connection_that_was_closed_while_idle_costs_no_question(server):
    async with asking(server.url) as there, asking(server.url) as other:
        for _ in range(5):
            made = there.state.made
            await other.write(("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
            await there.until(lambda made=made: there.state.up == 2 and there.state.made > made)
            assert data(await there.ask("EXISTS", "a")) == 0


async def test_question_that_waits_for_a_connection_in_the_making_is_sent_over_it(server):
    async with TcpFaults(server.port) as between:
        there = Asking(through(between))
        between.hold()
        opening = asyncio.ensure_future(there.upstream.open())
        await asyncio.sleep(0.02)
        call, ended = there.begin(request("GET", "a"))
        await asyncio.sleep(0.02)
        assert (there.state.waiting, call.sent) == (1, False)

        between.release()
        await opening

        assert data(await ended) is None
        assert call.sent
        await there.upstream.close()


async def test_more_questions_than_fit_are_refused_and_the_others_are_answered(server):
    async with asking(server.url, max_asked=10) as there:
        outcomes = await asyncio.gather(*(there.ask("GET", "a") for _ in range(30)))
        full = [outcome for outcome in outcomes if isinstance(outcome, Failure)]

        assert {outcome.cause for outcome in full} == {Cause.BULKHEAD_FULL}
        assert len(full) == 20
        assert data(await there.ask("GET", "a")) is None


async def test_c8_storm_of_cancelled_and_cut_calls_leaves_every_connection_whole(server, seeded):
    async with TcpFaults(server.port) as between, asking(through(between)) as there:
        await there.write(*(("SET", f"k{number}", number) for number in range(50)))
        before = open_files(), len(asyncio.all_tasks())
        wrong = []

        async def one():
            number = seeded.randrange(50)
            call = there.call(request("GET", f"k{number}", values="json"))
            asked = asyncio.ensure_future(there.source(call))
            end = seeded.random()
            await asyncio.sleep(seeded.choice([0, 0, 0.001]))
            if end < 0.3:
                asked.cancel()
            elif end < 0.6:
                call.cut(Failure(Cause.OUT_OF_TIME))
            (outcome,) = await asyncio.gather(asked, return_exceptions=True)
            if isinstance(outcome, Success) and data(outcome) != number:
                wrong.append((number, outcome))

        for _ in range(20):
            between.hold()
            storm = [asyncio.ensure_future(one()) for _ in range(50)]
            await asyncio.sleep(0.003)
            between.release()
            await asyncio.gather(*storm)

        assert wrong == []
        assert [data(await there.ask("GET", f"k{number}", values="json")) for number in range(50)] == [
            *range(50)
        ]
        assert (there.state.up, there.state.lost, there.state.asked) == (2, 0, 0)
        assert (open_files(), len(asyncio.all_tasks())) == before


async def test_c8_whatever_happens_nobody_gets_anothers_answer(server, seeded):
    async with TcpFaults(server.port) as between, asking(through(between), give_up=0.3) as there:
        await there.write(*(("SET", f"k{number}", number) for number in range(50)))
        wrong, right = [], 0

        async def one():
            nonlocal right
            number = seeded.randrange(50)
            attempt = there.attempt("GET", f"k{number}", values="json")
            if attempt.begin() is None:
                outcome = await there.ask("GET", f"k{number}", values="json")
            else:
                there.loop.call_later(0.05, attempt.call.expire)
                outcome = await attempt.ended
            if isinstance(outcome, Success):
                right += 1
                if data(outcome) != number:
                    wrong.append((number, outcome))

        for _ in range(60):
            storm = [asyncio.ensure_future(one()) for _ in range(seeded.randrange(1, 30))]
            await asyncio.sleep(seeded.choice([0, 0.001, 0.004]))
            event = seeded.random()
            if event < 0.2:
                between.hold()
            elif event < 0.3:
                between.cut()
            elif event < 0.7:
                between.release()
            await asyncio.sleep(seeded.choice([0, 0.001]))
            for task in storm:
                if seeded.random() < 0.2:
                    task.cancel()
            between.release()
            await asyncio.wait(storm)

        assert wrong == []
        assert right > 100
        assert await there.until_answered("GET", "k7") == b'"7"'


async def test_cut_call_that_was_not_sent_is_never_sent(server):
    async with TcpFaults(server.port) as between:
        there = Asking(through(between))
        between.hold()
        opening = asyncio.ensure_future(there.upstream.open())
        await asyncio.sleep(0.01)
        call, ended = there.begin(request("GET", "a"))
        await asyncio.sleep(0.01)
        call.cut(Failure(Cause.OUT_OF_TIME))
        assert cause(await ended) is Cause.OUT_OF_TIME
        between.release()
        await opening

        assert data(await there.ask("GET", "b")) is None
        assert not call.sent
        await there.upstream.close()


async def test_call_that_was_cut_before_it_began_asks_nothing(server):
    async with asking(server.url) as there:
        call = there.call(request("GET", "a"))
        call.cut(Failure(Cause.OUT_OF_TIME))

        assert cause(await there.source(call)) is Cause.OUT_OF_TIME
        assert there.state.asked == 0


async def test_closing_ends_what_is_under_way_and_it_can_be_opened_again(server):
    async with asking(server.url) as there:
        server.freeze()
        _, ended = there.begin(request("GET", "a"))
        await asyncio.sleep(0.01)
        await there.upstream.close()
        server.thaw()

        assert cause(await ended) is Cause.INCOMPLETE
        assert cause(await there.ask("GET", "a")) is Cause.UNREACHABLE
        await there.upstream.open()
        assert data(await there.ask("GET", "a")) is None
