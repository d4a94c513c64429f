"""Statements that answer with JSON."""

from gateway.sources.postgres.wrapping import reading, writing


def test_of_many_rows_one_more_is_asked_for_than_there_may_be():
    assert reading(["select ", 1], "many", 10) == [
        "select convert_to(row_to_json(\"gateway row\")::text, 'UTF8') from (\n",
        "select ",
        1,
        '\n) "gateway row" limit 11',
    ]


def test_of_one_row_and_of_one_value_there_is_no_second():
    assert reading(["x"], "one", 10)[-1] == '\n) "gateway row" limit 1'
    assert reading(["x"], "value", 10)[-1] == '\n) "gateway row"("gateway value") limit 1'
    assert 'to_json("gateway row"."gateway value")' in reading(["x"], "value", 10)[0]


def test_a_write_stands_in_a_with_of_its_own_or_behind_the_one_there_is():
    alone = "".join(map(str, writing([], ["insert"], "many")))
    behind = "".join(map(str, writing(["with a as (b)"], ["insert"], "value")))

    assert alone.startswith('with "gateway row" as (\ninsert\n) select ')
    assert behind.startswith('with a as (b),\n"gateway row"("gateway value") as (\ninsert\n) select ')
    assert alone.endswith(' from "gateway row"')
