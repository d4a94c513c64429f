"""PostgreSQL upstreams as the compiler makes them."""

import pytest

from gateway.sources.database.query import Query
from tests.support.compiled import compiled, messages

UPSTREAM = 'upstreams: { accounts: { postgres: "postgresql://app:secret@db-1:5433,db-2/shop", %s } }\n'
READ = "{ steps: { a: { upstream: accounts, sql: %s } } }"


def config(step, settings="timeout: 300ms", route="GET /a/{id:int}"):
    return (
        f"{UPSTREAM % settings}routes:\n  {route}: {{ steps: {{ a: {{ upstream: accounts, {step} }} }} }}\n"
    )


def step(text, **rest):
    return next(iter(compiled(config(text, **rest)).routes.values())).plan.steps[0]


def statement(text, inputs=("1",)):
    class Scope:
        outcomes = ()

    Scope.inputs = inputs
    payload = step(text).prepare(Scope)
    assert isinstance(payload, Query)
    return payload.statement


def test_a_statement_that_reads_is_wrapped_in_one_that_writes_json():
    assert statement('sql: "select n from t where id = {id} -- x"').bare == (
        "select convert_to(row_to_json(\"gateway row\")::text, 'UTF8') from (\n"
        'select n from t where id =  $1\n) "gateway row" limit 1001'
    )
    assert statement('sql: "select 1", result: one').bare.endswith(') "gateway row" limit 1')
    assert '"gateway row"("gateway value") limit 1' in statement('sql: "select 1", result: value').bare


def test_a_statement_that_writes_and_returns_rows_is_a_part_of_one_that_reads_them():
    assert statement('sql: "insert into t values ({id}) returning id", write: on').bare == (
        'with "gateway row" as (\ninsert into t values ( $1 ) returning id\n) '
        'select convert_to(row_to_json("gateway row")::text, \'UTF8\') from "gateway row"'
    )
    made = statement('sql: "with a as (delete from t returning id) select id from a", write: on, result: one')
    assert made.bare.startswith(
        'with a as (delete from t returning id) ,\n"gateway row" as (\nselect id from a'
    )


def test_a_statement_that_writes_and_returns_nothing_is_sent_as_it_is():
    made = statement('sql: "delete from t where id = {id};", write: on')

    assert (made.bare, made.result, made.writes) == ("delete from t where id =  $1", "count", True)


def test_reads_may_be_repeated_and_writes_may_not():
    assert step('sql: "select 1"').repeatable
    assert not step('sql: "select f()", write: on').repeatable
    assert step('sql: "select f()", write: on, repeatable: true').repeatable
    assert messages(config('sql: "select f()", write: on, retry: { attempts: 3 }')) == [
        "`retry` is for calls that may be sent twice, and this one may not"
    ]


def test_what_writes_must_say_so():
    for sql in ("delete from t", "with a as (insert into t values (1) returning 1) select * from a"):
        assert messages(config(f'sql: "{sql}"')) == [
            "this statement writes, and steps only read unless they say so"
        ]


def test_a_call_is_shared_by_statement_and_values():
    class Scope:
        inputs = ("1",)
        outcomes = ()

    def identity(text, inputs):
        made = step(f"{text}, coalesce: on")
        Scope.inputs = inputs
        return made.identify(Scope, made.prepare(Scope))

    one = identity('sql: "select {id}"', ("1",))
    assert one == identity('sql: "select {id}"', ("1",))
    assert one != identity('sql: "select {id}"', ("2",))
    assert one != identity('sql: "select {id} + 1"', ("1",))
    assert one != identity('sql: "select {id}", result: one', ("1",))


def test_writes_are_never_shared():
    assert messages(config('sql: "select f()", write: on, cache: { ttl: 1s }')) != []
    assert messages(config('sql: "select f()", write: on, coalesce: on')) != []


def test_the_pool_is_the_bulkhead():
    def slots(settings):
        return compiled(config('sql: "select 1"', settings)).upstreams["accounts"].bulkhead.slots

    assert slots("timeout: 1s") == 10
    assert slots("bulkhead: { slots: 4 }") == 4
    assert slots("bulkhead: { slots: 400 }") == 10
    assert slots("bulkhead: { slots: adaptive }") <= 10
    assert compiled(config('sql: "select 1"', "bulkhead: off")).upstreams["accounts"].bulkhead is None


def test_neither_password_nor_user_is_shown():
    served = compiled(config('sql: "select 1"'))
    upstream = served.upstreams["accounts"]

    assert upstream.address == "db-1:5433,db-2/shop"
    for told in (
        repr(upstream),
        str(upstream.details()),
        repr(upstream.client),
        repr(upstream.addresses[0].peer),
    ):
        assert "secret" not in told
        assert "app:" not in told
    assert (upstream.addresses[0].peer.host, upstream.addresses[0].peer.port) == ("db-1", 5433)


def test_an_address_from_the_environment_is_shown_by_its_name():
    text = config('sql: "select 1"').replace("postgresql://app:secret@db-1:5433,db-2/shop", "${DB}")

    assert compiled(text, DB="postgresql://u:secret@h/d").upstreams["accounts"].address == "${DB}"
    partly = text.replace("${DB}", "postgresql://u:${PASSWORD}@h/d?sslmode=require")
    assert compiled(partly, PASSWORD="secret").upstreams["accounts"].address == "h/d"
    default = text.replace("${DB}", "${DB:-postgresql://u:secret@h/d?password=secret}")
    assert compiled(default).upstreams["accounts"].address == "${DB:-postgresql://h/d}"


@pytest.mark.parametrize(
    ("dsn", "told"),
    [
        ("mysql://h/d", "dsn: this is not a postgresql address"),
        ("h:5432", "dsn: this is not a postgresql address"),
        ("http://h", "dsn: this is not a postgresql address"),
    ],
)
def test_an_address_that_is_none_of_postgres_is_a_fault_that_does_not_show_it(dsn, told):
    text = config('sql: "select 1"').replace("postgresql://app:secret@db-1:5433,db-2/shop", "${DB}")

    assert messages(text, DB=dsn) == [told]


def test_tls_asks_for_postgresql_and_for_no_other_name():
    assert messages(config('sql: "select 1"', "tls: { server_name: other }")) == [
        "a PostgreSQL's certificate is checked for the DSN's host, and for no other name"
    ]
    assert messages(config('sql: "select 1"', "tls: { verify: off }")) == []


def test_keys_of_http_calls_do_not_fit():
    assert messages(config('sql: "select 1", path: x')) == [
        "`path` is for http upstreams, and `accounts` is a postgres upstream"
    ]
    assert messages(config("result: one")) == ["`sql` is missing: `accounts` is a postgres upstream"]
