"""MySQL upstreams as the compiler makes them."""

from tests.support.compiled import compiled, messages

TEXT = """
upstreams: { shop: { mysql: { dsn: "mysql://app:secret@db-1:3307/shop", pool: 3, max_rows: 50 } } }
routes:
  GET /a/{id:int}: { steps: { a: { upstream: shop, %s } } }
"""


def statement(step):
    class Scope:
        inputs = ("1", "x")
        outcomes = ()

    return compiled(TEXT % step).routes["GET /a/{id:int}"].plan.steps[0].prepare(Scope).statement


def test_every_reference_is_a_question_mark_and_is_bound_as_often_as_it_is_written():
    made = statement('sql: "select {id}, {query.a}, {id} from `t?` # no more"')

    assert made.text == "select  ? ,  ? ,  ?  from `t?`"
    assert (made.order, made.literal, made.result) == ((0, 1, 0), (True, False), "many")


def test_a_write_answers_how_many_rows_there_were_unless_it_returns_some():
    assert statement('sql: "update t set a = {id}", write: on').result == "count"
    assert statement('sql: "delete from t returning id", write: on, result: one').result == "one"


def test_the_pool_is_the_bulkhead_and_no_secret_is_shown():
    upstream = compiled(TEXT % 'sql: "select 1"').upstreams["shop"]

    assert upstream.bulkhead.slots == 3
    assert upstream.address == "db-1:3307/shop"
    assert "secret" not in f"{upstream} {upstream.details()} {upstream.client}"
    assert (upstream.addresses[0].peer.host, upstream.addresses[0].peer.port) == ("db-1", 3307)


def test_a_reference_in_quotes_of_any_kind_is_a_fault():
    for quoted in ("'{id}'", "`{id}`", '\\"{id}\\"', "1 # {id}"):
        assert len(messages(TEXT % f'sql: "select {quoted}"')) == 1


def test_tls_asks_for_no_other_name():
    text = (TEXT % 'sql: "select 1"').replace("max_rows: 50 } }", "max_rows: 50 }, tls: { server_name: x } }")

    assert messages(text) == ["a MySQL's certificate is checked for the DSN's host, and for no other name"]


def test_an_address_that_is_none_of_mysql_is_a_fault_that_does_not_show_it():
    text = (TEXT % 'sql: "select 1"').replace("mysql://app:secret@db-1:3307/shop", "${DB}")

    assert messages(text, DB="postgresql://h/d") == ["dsn: this is not a mysql address"]
    assert messages(text, DB="mysql://h:99999/d") == ["dsn: the port of this address is no port"]
