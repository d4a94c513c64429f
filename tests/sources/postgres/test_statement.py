"""Values of every type come as JSON that loses nothing, and parameters of every type find their way back."""

import json
from decimal import Decimal

import pytest

from gateway.outcome import Cause
from tests.support.postgres_source import asking, execute

VALUES = {
    "42::int2": "42",
    "9007199254740993::int8": "9007199254740993",
    "'123456789012345678901234567890.1234567890'::numeric": "123456789012345678901234567890.1234567890",
    "1.10::numeric(12,2)": "1.10",
    "'NaN'::numeric": '"NaN"',
    "'-Infinity'::float8": '"-Infinity"',
    "0.1::float8": "0.1",
    "0.1::float4": "0.1",
    "true": "true",
    "'Grüße \"so\" \\ / \t'::text": '"Grüße \\"so\\" \\\\ / \\t"',
    "null::int": "null",
    "'2024-02-29 12:34:56.789012'::timestamp": '"2024-02-29T12:34:56.789012"',
    "'2024-02-29 12:34:56.5+02'::timestamptz": '"2024-02-29T10:34:56.5+00:00"',
    "'infinity'::timestamptz": '"infinity"',
    "'0044-03-15 BC'::date": '"0044-03-15 BC"',
    "'12:34:56.7'::time": '"12:34:56.7"',
    "'1 year 2 months 3 days 04:05:06.7'::interval": '"P1Y2M3DT4H5M6.7S"',
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid": '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"',
    "'\\xdeadbeef'::bytea": '"\\\\xdeadbeef"',
    "array[1,null,3]": "[1,null,3]",
    "array[[1,2],[3,4]]": "[[1,2],[3,4]]",
    "array['a','b,c']": '["a","b,c"]',
    "'192.168.0.1/24'::inet": '"192.168.0.1/24"',
    '\'{{"a": 1.10, "b": [true, null]}}\'::jsonb': '{"a": 1.10, "b": [true, null]}',
    '\'{{"a":1.10,"a":2}}\'::json': '{"a":1.10,"a":2}',
    "'[1,5)'::int4range": '"[1,5)"',
    "row(1, 'x')": '{"f1":1,"f2":"x"}',
    "'sad'::mood": '"sad"',
    "row(1, 'sad')::pair": '{"number":1,"feeling":"sad"}',
}


@pytest.fixture
async def types(dsn):
    await execute(
        dsn,
        "drop type if exists pair, mood cascade",
        "create type mood as enum ('sad', 'ok')",
        "create type pair as (number int, feeling mood)",
    )


@pytest.mark.parametrize("result", ["value", "one"])
async def test_values_of_every_type_lose_nothing(dsn, types, result):
    async with asking(dsn) as asked:
        for expression, json_text in VALUES.items():
            body = await asked.body(f"select {expression} as v", result=result)

            expected = json_text if result == "value" else f'{{"v":{json_text}}}'
            assert body == expected.encode(), expression


PARAMETERS = [
    ("int4", "42", "42"),
    ("int8", b"9007199254740993", "9007199254740993"),
    ("numeric", b"123456789012345678901234567890.10", "123456789012345678901234567890.10"),
    ("float8", "1e300", "1e+300"),
    ("bool", b"true", "true"),
    ("text", "'; drop table x; --", '"\'; drop table x; --"'),
    ("text", b'"\\u00fc"', '"ü"'),
    ("varchar", "x", '"x"'),
    ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'),
    ("timestamptz", "2024-02-29T12:34:56+02:00", '"2024-02-29T10:34:56+00:00"'),
    ("date", "0044-03-15 BC", '"0044-03-15 BC"'),
    ("interval", "P1Y2M", '"P1Y2M"'),
    ("bytea", "\\xdead", '"\\\\xdead"'),
    ("inet", "10.0.0.1", '"10.0.0.1"'),
    ("mood", "ok", '"ok"'),
    ("pair", '(1,"sad")', '{"number":1,"feeling":"sad"}'),
    ("jsonb", b'{"a": [1.10, "x"]}', '{"a": [1.10, "x"]}'),
    ("jsonb", "a text", '"a text"'),
    ("json", b"null", "null"),
    ("int4", None, "null"),
    ("int4", b"null", "null"),
    ("int4[]", ["1", "2"], "[1,2]"),
    ("text[]", ['a"b', "c\\d", "e,f", "", "NULL", "{x}"], '["a\\"b","c\\\\d","e,f","","NULL","{x}"]'),
    ("text[]", b'["a", null, "b"]', '["a",null,"b"]'),
    ("int4[]", b"[[1, 2], [3, 4]]", "[[1,2],[3,4]]"),
    ("int4[]", "7", "[7]"),
    ("jsonb[]", b'[{"a": 1}, 2]', '[{"a": 1},2]'),
    ("mood[]", ["ok", "sad"], '["ok","sad"]'),
    ("uuid[]", [], "[]"),
]


async def test_parameters_of_every_type_are_read_by_the_server(dsn, types):
    async with asking(dsn) as asked:
        for type_, value, json_text in PARAMETERS:
            body = await asked.body(f"select {{p1}}::{type_}", value, result="value")

            assert body == json_text.encode(), (type_, value)


async def test_a_number_of_the_request_is_a_number_in_json_and_a_text_is_not(dsn):
    async with asking(dsn) as asked:
        assert await asked.body("select {p1}::jsonb", "42", result="value", literal=True) == b"42"
        assert await asked.body("select {p1}::jsonb", "42", result="value") == b'"42"'


async def test_the_type_of_a_parameter_is_what_its_place_says(dsn):
    async with asking(dsn) as asked:
        body = await asked.body(
            "select n from generate_series(1, 9) n where n = {p1} or n = any({p2})", "3", ["5"]
        )

        assert body == b'[{"n":3},{"n":5}]'


async def test_one_reference_written_twice_is_one_parameter(dsn):
    async with asking(dsn) as asked:
        assert (
            await asked.body("select {p1}::int + {p1}::int + {p2}::int", "20", "2", result="value") == b"42"
        )


async def test_a_value_never_is_text_of_the_statement(dsn, seeded):
    hostile = ["'", "''", "\\", "$1", "$$", "--", "/*", ";", '"', "\x01", "{", "NULL", "\u2028", "%s", ":x"]
    async with asking(dsn) as asked:
        for _ in range(50):
            text = "".join(seeded.choices(hostile, k=seeded.randrange(1, 9)))

            assert json.loads(await asked.body("select {p1}::text", text, result="value")) == text
            assert json.loads(await asked.body("select {p1}::text[]", [text], result="value")) == [text]


async def test_numbers_keep_their_digits(dsn, seeded):
    async with asking(dsn) as asked:
        for _ in range(50):
            digits = f"{seeded.randrange(10**30)}.{seeded.randrange(10**20):020}"

            body = await asked.body("select {p1}::numeric", digits, result="value")

            assert Decimal(body.decode()) == Decimal(digits)
            assert body.decode() == digits


async def test_a_text_that_is_no_number_is_the_clients_mistake(dsn):
    async with asking(dsn) as asked:
        outcome = await asked.ask("select {p1}::int", "many")

        assert (outcome.cause, outcome.status) == (Cause.REJECTED, 422)
        assert "many" not in outcome.detail
        assert await asked.body("select {p1}::int", "1", result="value") == b"1"


async def test_an_object_for_a_number_is_refused_before_it_is_sent(dsn):
    async with asking(dsn) as asked:
        for value, type_ in ((b"{}", "int4"), (b"[1]", "int4"), (b'{"a":1}', "int4[]")):
            outcome = await asked.ask(f"select {{p1}}::{type_}", value)

            assert (outcome.cause, outcome.status) == (Cause.REJECTED, 422)
        assert asked.pool.state().idle == 1


async def test_a_text_that_no_server_can_store_is_refused(dsn):
    async with asking(dsn) as asked:
        for text in ("a\0b", "\ud800"):
            outcome = await asked.ask("select {p1}::text", text)

            assert (outcome.cause, outcome.status) == (Cause.REJECTED, 422)
        assert await asked.body("select 1", result="value") == b"1"


async def test_json_that_is_not_for_everybody_is_unreadable(dsn):
    async with asking(dsn) as asked:
        assert (await asked.ask("select '\"\\ud800\"'::json", result="value")).cause is Cause.UNREADABLE
        deep = "select repeat('[', 600) || repeat(']', 600)"
        assert (await asked.ask(f"select ({deep})::json", result="value")).cause is Cause.UNREADABLE
