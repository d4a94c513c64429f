"""What a step may ask of a real server, what its answers look like, and what becomes of its errors."""

import asyncio

import pytest

from gateway.outcome import Cause, Success
from tests.support.postgres_source import asking, execute, statement, until_true


@pytest.fixture
async def accounts(dsn):
    await execute(
        dsn,
        "drop table if exists account cascade",
        "create table account"
        "(id int primary key, name text not null unique, balance numeric(12,2) check (balance > 0))",
        "insert into account values (1, 'Ada', 1.10), (2, 'Bob', 20)",
    )


async def test_results_are_all_rows_the_first_or_its_first_column(dsn, accounts):
    async with asking(dsn) as asked:
        sql = "select id, name, balance from account order by id -- and no more"

        assert (
            await asked.body(sql)
            == b'[{"id":1,"name":"Ada","balance":1.10},{"id":2,"name":"Bob","balance":20.00}]'
        )
        assert await asked.body(sql, result="one") == b'{"id":1,"name":"Ada","balance":1.10}'
        assert await asked.body(sql, result="value") == b"1"


async def test_where_there_is_nothing_it_is_an_empty_list_or_null(dsn, accounts):
    async with asking(dsn) as asked:
        sql = "select * from account where id = {p1}"

        assert await asked.body(sql, "9") == b"[]"
        assert await asked.body(sql, "9", result="one") == b"null"
        assert await asked.body(sql, "9", result="value") == b"null"


async def test_statements_may_be_written_in_every_form_that_reads(dsn, accounts):
    async with asking(dsn) as asked:
        for sql in (
            "with a as (select 1 as n) select n from a;",
            "values (1)",
            "(select 1) union all (select 1) limit 1",
            "select /* {{ */ 1 -- }}\n;  ",
            "table account limit 1",
        ):
            assert (await asked.body(sql, result="value")) == b"1"


async def test_order_and_limit_of_a_statement_hold(dsn, accounts):
    async with asking(dsn) as asked:
        assert (
            await asked.body("select n from generate_series(1,9) n order by n desc limit 2")
            == b'[{"n":9},{"n":8}]'
        )


async def test_too_many_rows_are_too_large(dsn):
    async with asking(dsn) as asked:
        sql = "select n from generate_series(1, {p1}::int) n"

        assert isinstance(await asked.ask(sql, "5", max_rows=5), Success)
        outcome = await asked.ask(sql, "6", max_rows=5)

        assert (outcome.cause, outcome.detail) == (Cause.TOO_LARGE, "more than 5 rows")
        assert asked.pool.state().idle == 1


async def test_too_many_bytes_are_too_large_and_never_all_read(dsn):
    async with asking(dsn, max_response=100_000) as asked:
        little = await asked.ask("select repeat('x', {p1}::int)", "99000", result="value")
        more = await asked.ask("select repeat('x', {p1}::int)", "100001", result="value")
        much = await asked.ask("select repeat('x', 100000) from generate_series(1, 1000)")

        assert isinstance(little, Success)
        assert (more.cause, much.cause) == (Cause.TOO_LARGE, Cause.TOO_LARGE)
        assert (asked.pool.state().lost, asked.pool.state().created) == (1, 1)
        assert await asked.body("select 1", result="value") == b"1"


async def test_the_bytes_of_an_answer_are_counted_while_it_is_held(dsn):
    async with asking(dsn) as asked:
        call, outcome = asked.begin(statement("select 12345", "value"))
        assert isinstance(await outcome, Success)

        assert (call.held, asked.buffered.used) == (5, 5)
        asked.buffered.take(asked.buffered.limit - 5)
        assert (await asked.ask("select 1")).cause is Cause.BULKHEAD_FULL


async def test_only_what_says_so_may_write(dsn, accounts):
    async with asking(dsn) as asked:
        sql = "insert into account values ({p1}, {p2}, 5) returning id, balance"

        refused = await asked.ask(sql, "3", "Cy")
        assert (refused.cause, refused.detail) == (
            Cause.REJECTED,
            "it writes, and the transaction is read-only (SQLSTATE 25006)",
        )
        assert await asked.body(sql, "3", "Cy", write=True) == b'[{"id":3,"balance":5.00}]'
        assert (await asked.ask("select setval('account_id', 1)")).cause is Cause.REJECTED
        assert (await asked.ask(sql, "4", "Di")).cause is Cause.REJECTED


async def test_writes_answer_their_rows_or_how_many_there_were(dsn, accounts):
    async with asking(dsn) as asked:
        update = "update account set balance = balance + {p1} where id <= 2"

        assert await asked.body(update, "1", write=True) == b"2"
        assert await asked.body(f"{update} returning balance", "1", write=True, result="value") == b"3.10"
        assert await asked.body("delete from account where id = 9", write=True) == b"0"
        moved = "with gone as (delete from account where id = {p1} returning *) select name from gone"
        assert await asked.body(moved, "2", write=True, result="one") == b'{"name":"Bob"}'
        both = "with a as (select 7 as id) insert into account select id, 'Eve', 1 from a returning id"
        assert await asked.body(both, write=True, result="value") == b"7"


async def test_errors_are_told_by_their_sqlstate_and_show_no_value(dsn, accounts):
    rows = [
        ("insert into account values (1, 'secret', 1)", Cause.REJECTED, 409),
        ("insert into account values (5, 'secret', -1)", Cause.REJECTED, 422),
        ("insert into account values (5, null, 1)", Cause.REJECTED, 422),
        ("select 1 / ({p1}::int - 1)", Cause.REJECTED, 422),
        ("select * from no_such_table", Cause.REJECTED, None),
        ("select pg_read_file('/etc/secret')", Cause.FAILED, None),
    ]
    async with asking(dsn) as asked:
        for sql, cause, status in rows:
            values = ("1",) if "{p1}" in sql else ()
            outcome = await asked.ask(sql, *values, write=True)

            assert (outcome.cause, outcome.status) == (cause, status), (sql, outcome)
            assert "secret" not in outcome.detail
        assert (asked.pool.state().idle, asked.pool.state().created) == (1, 1)


async def test_a_login_that_may_not_is_refused(dsn, accounts):
    await execute(dsn, "drop role if exists poor", "create role poor login")
    async with asking(dsn.replace("postgres@", "poor@", 1)) as asked:
        outcome = await asked.ask("select * from account")

        assert (outcome.cause, outcome.status) == (Cause.REJECTED, 403)


async def test_what_locks_and_serialisation_cost_is_failed_and_may_be_retried(dsn, accounts):
    async with asking(f"{dsn}?lock_timeout=50") as asked:
        holder = asyncio.ensure_future(
            execute(dsn, "begin", "select * from account where id = 1 for update", "select pg_sleep(1)")
        )
        await until_true(lambda: holder.done() or asked.pool.state().idle == 1)
        outcome = None
        while outcome is None or isinstance(outcome, Success):
            outcome = await asked.ask("select * from account where id = 1 for update", write=True)
            await asyncio.sleep(0.01)
        assert (outcome.cause, "55P03" in outcome.detail) == (Cause.FAILED, True)
        await holder


async def test_the_server_itself_ends_a_query_when_the_attempts_time_is_over(dsn):
    async with asking(dsn, timeout=5.0) as asked:
        _, outcome = asked.begin(statement("select pg_sleep(5)"), timeout=0.1)

        failure = await outcome

        assert (failure.cause, "57014" in failure.detail) == (Cause.TIMEOUT, True)
        assert asked.pool.state().idle == 1
        assert await asked.body("select current_setting('statement_timeout')", result="value") == b'"500ms"'


async def test_a_connection_says_how_it_is_used(dsn):
    async with asking(f"{dsn}?work_mem=5MB", application_name="tests", timeout=0.25) as asked:
        for name, value in {
            "application_name": "tests",
            "work_mem": "5MB",
            "timezone": "UTC",
            "default_transaction_read_only": "on",
            "statement_timeout": "500ms",
        }.items():
            assert (
                await asked.body(f"select current_setting('{name}')", result="value") == f'"{value}"'.encode()
            )


async def test_a_statement_is_prepared_once_on_a_connection(dsn):
    async with asking(dsn) as asked:
        asked_once = statement("select {p1}::int", "value")
        for number in range(20):
            _, outcome = asked.begin(asked_once, (str(number),))
            assert (await outcome).body == str(number).encode()

        count = "select count(*) from pg_prepared_statements where statement not like '%pg_prep%'"
        assert await asked.body(count, result="value") == b"1"


async def test_statements_that_are_too_many_to_keep_push_the_oldest_out(dsn):
    async with asking(dsn, statements=2) as asked:
        kept = [statement(f"select {number} + {{p1}}::int", "value") for number in range(5)]
        for each in (*kept, *kept):
            _, outcome = asked.begin(each, ("1",))
            assert isinstance(await outcome, Success)

        assert int(await asked.body("select count(*) from pg_prepared_statements", result="value")) <= 3


async def test_nothing_is_kept_prepared_where_nothing_is_to_be(dsn):
    async with asking(dsn, statements=0) as asked:
        for number in range(3):
            assert await asked.body("select {p1}::int", str(number), result="value") == str(number).encode()

        # The one that asks is itself there, without a name.
        assert (
            await asked.body("select count(*) from pg_prepared_statements where name <> ''", result="value")
            == b"0"
        )


async def test_a_database_that_changes_is_learned_anew(dsn):
    await execute(dsn, "drop table if exists changing", "create table changing(id int, v int)")
    async with asking(dsn) as asked:
        find = statement("select v from changing where id = {p1}", "value")

        async def found(value):
            _, outcome = asked.begin(find, (value,))
            return await outcome

        assert (await found("1")).body == b"null"
        await execute(dsn, "alter table changing alter v type text", "insert into changing values (1, 'x')")
        assert (await found("1")).body == b'"x"'
        await execute(dsn, "alter table changing alter id type text")
        assert (await found("1")).cause is Cause.REJECTED  # and forgets what it had learned
        assert (await found("1")).body == b'"x"'
        await execute(dsn, "drop table changing", "create table changing(id uuid, v text)")
        await found("1")
        outcome = await found("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
        assert outcome.body == b"null"


async def test_behind_a_pooler_each_call_is_a_transaction_of_its_own(dsn, accounts):
    async with asking(dsn, pooled=True, timeout=0.25) as asked:
        sql = "select id from account where id = {p1}"

        assert await asked.body(sql, "1") == b'[{"id":1}]'
        assert await asked.body("select current_setting('statement_timeout')", result="value") == b'"500ms"'
        assert await asked.body("select '1 day'::interval", result="value") == b'"P1D"'
        assert (await asked.ask("insert into account values (8, 'Zed', 1)")).cause is Cause.REJECTED
        assert await asked.body("insert into account values (8, 'Zed', 1)", write=True) == b"1"
        assert (await asked.ask("insert into account values (8, 'Zed', 1)", write=True)).status == 409
        assert await asked.body("select count(*) from account", result="value") == b"3"
        assert (
            await asked.body("select count(*) from pg_prepared_statements where name <> ''", result="value")
            == b"0"
        )
        state = "select count(*) from pg_stat_activity where state like 'idle in transaction%'"
        await until_true(lambda: asked.pool.state().in_use == 0)
        assert (await execute(dsn, state))[0][0] == 0
