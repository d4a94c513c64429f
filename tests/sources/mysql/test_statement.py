"""Values of every type come as JSON, and parameters are bound, never text."""

import json
from decimal import Decimal

import msgspec

from gateway.outcome import Cause
from gateway.sources.database.query import Query
from gateway.sources.mysql.statement import JSON_TYPE, arguments, body_of
from tests.support.mysql_source import asking, statement

VALUES = {
    "cast(18446744073709551615 as unsigned)": "18446744073709551615",
    "cast('12345678901234567890.1234567890' as decimal(30,10))": "12345678901234567890.1234567890",
    "1.10": "1.10",
    "0.1e0": "0.1",
    "'Grüße \\'so\\' \"'": '"Grüße \'so\' \\""',
    "null": "null",
    "cast('2024-02-29 12:34:56.789012' as datetime(6))": '"2024-02-29T12:34:56.789012"',
    "cast('2024-02-29' as date)": '"2024-02-29"',
    "cast('26:03:04.5' as time(3))": '"P1DT7384.5S"',
    "x'deadbeef'": '"3q2+7w=="',
    "true": "1",
}


async def test_values_of_every_type_lose_nothing(dsn):
    async with asking(dsn) as asked:
        for expression, json_text in VALUES.items():
            assert await asked.body(f"select {expression}", result="value") == json_text.encode(), expression
            assert await asked.body(f"select {expression} as v") == f'[{{"v":{json_text}}}]'.encode()


def test_json_columns_are_json_where_the_server_knows_them():
    columns = [("a", 3), ("j", JSON_TYPE)]

    assert body_of("one", columns, [(1, '{"x": 1.10}')]) == b'{"a":1,"j":{"x": 1.10}}'
    assert body_of("many", columns, [(1, None)]) == b'[{"a":1,"j":null}]'
    assert (body_of("one", columns, []), body_of("value", columns, []), body_of("many", columns, [])) == (
        b"null",
        b"null",
        b"[]",
    )


def test_values_are_bound_as_what_they_are():
    asked = statement("select {p1}, {p2}, {p1}, {p3}, {p4}, {p5}")
    values = ("text", b"1.10", ["a", "b"], b'{"x":1}', None)
    bound = arguments(Query(asked, values))

    assert bound == ("text", Decimal("1.10"), "text", '["a","b"]', '{"x":1}', None)
    assert arguments(Query(statement("select {p1}", literal=True), ("42",))) == (42,)
    assert arguments(Query(statement("select {p1}"), (b'"\\u00fc"',))) == ("ü",)


async def test_a_value_never_is_text_of_the_statement(dsn, seeded):
    hostile = ["'", "''", "\\", "?", "--", "/*", ";", '"', "`", "{", "NULL", "%s", "#", "\x1a"]
    async with asking(dsn) as asked:
        for _ in range(40):
            text = "".join(seeded.choices(hostile, k=seeded.randrange(1, 9)))

            assert json.loads(await asked.body("select {p1}", text, result="value")) == text


async def test_one_reference_written_twice_is_bound_twice(dsn):
    async with asking(dsn) as asked:
        assert await asked.body("select {p1} + {p1} + {p2}", "20", "2", result="value", literal=True) == b"42"
        assert await asked.body("select 7 limit {p1}", "1", result="value", literal=True) == b"7"


async def test_a_list_is_a_json_array(dsn):
    async with asking(dsn) as asked:
        numbers = "(select 1 as n union select 2 union select 3) t"
        sql = f"select n from {numbers} where json_contains({{p1}}, n) order by n"

        assert msgspec.json.decode(await asked.body(sql, b"[1, 3]")) == [{"n": 1}, {"n": 3}]


async def test_too_many_rows_are_too_large(dsn):
    async with asking(dsn, max_rows=3) as asked:
        sql = "select 1 as n union all select 2 union all select 3"

        assert len(json.loads(await asked.body(sql))) == 3
        outcome = await asked.ask(f"{sql} union all select 4")
        assert (outcome.cause, outcome.detail) == (Cause.TOO_LARGE, "more than 3 rows")
