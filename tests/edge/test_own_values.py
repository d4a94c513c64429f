"""Times and UUIDs in templates: their forms, and that one request sees one of each."""

import uuid

import pytest

from gateway.edge.inputs import Input, Wanted
from gateway.edge.own_values import OWN_VALUES, own_part
from gateway.edge.reader import reading
from gateway.edge.values import canonical

NOW = 1795278005.9


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ((), "2026-11-21T16:20:05Z"),
        (("date",), "2026-11-21"),
        (("unix",), "1795278005"),
        (("ms",), "1795278005900"),
    ],
)
def test_time_of_the_request_is_written_in_utc(keys, value):
    values = [None]
    own_part([Wanted(0, Input("now", keys))], lambda: NOW)(None, values, None)

    assert values == [value]


def test_uuid_is_random_and_another_for_each_request():
    reader = reading([Input("request", ("uuid",), "uuid")])
    first, second = (reader({}, b"", [], None)[0] for _ in range(2))

    assert first != second
    assert uuid.UUID(first).version == 4


def test_every_value_is_of_the_type_it_is_said_to_be():
    for type_, make in OWN_VALUES.values():
        convert, value = canonical(type_), make(NOW)
        assert convert is None or convert(value) == value


def test_values_stand_beside_those_of_the_client():
    reader = reading([Input("query", ("q",)), Input("now", ("unix",), "int")])

    assert reader({}, b"q=1", [], None)[0] == "1"
