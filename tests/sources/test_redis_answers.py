"""What Redis answers becomes JSON: commands in their shapes, texts as the step wants, no value as null."""

import json

import pytest

from gateway.sources.redis_answers import Shape, UnreadableError, encoder

DOCUMENT = b'{"user": 7, "roles": ["a"]}'


def made(shape, answer, values="auto", arguments=()):
    return encoder(shape, values)(answer, arguments)


@pytest.mark.parametrize(
    ("values", "text", "body"),
    [
        ("auto", DOCUMENT, DOCUMENT),
        ("auto", b"[1, 2]", b"[1, 2]"),
        ("auto", b"42", b'"42"'),
        ("auto", b"true", b'"true"'),
        ("auto", b"null", b'"null"'),
        ("auto", b'"quoted"', b'"\\"quoted\\""'),
        ("auto", b"{not json", b'"{not json"'),
        ("auto", b"", b'""'),
        ("auto", "Zoë\n".encode(), '"Zoë\\n"'.encode()),
        ("json", b"42", b"42"),
        ("json", b" null ", b"null"),
        ("json", DOCUMENT, DOCUMENT),
        ("text", DOCUMENT, json.dumps(DOCUMENT.decode()).encode()),
        ("base64", b"\xff\x00", b'"/wA="'),
    ],
)
def test_text_is_what_the_step_wants_it_to_be(values, text, body):
    assert made(Shape.ANY, text, values) == body


@pytest.mark.parametrize(
    ("values", "text"),
    [("auto", b"\xff"), ("text", b"\xff"), ("json", b""), ("json", b"{"), ("json", b'"\xff"')],
)
def test_text_that_is_not_what_was_said_is_unreadable_and_not_shown(values, text):
    with pytest.raises(UnreadableError) as error:
        made(Shape.ANY, text, values)

    assert "\\xff" not in str(error.value)


@pytest.mark.parametrize(
    ("shape", "answer", "value"),
    [
        (Shape.ANY, None, None),
        (Shape.ANY, -3, -3),
        (Shape.ANY, [b"a", None, 7, [b"{}", []]], ["a", None, 7, [{}, []]]),
        (Shape.OBJECT, [], None),
        (Shape.OBJECT, [b"a", b"1", b"b", b"[2]"], {"a": "1", "b": [2]}),
        (Shape.SCORED, [], []),
        (
            Shape.SCORED,
            [b"m", b"1.5", b"n", b"inf"],
            [{"member": "m", "score": 1.5}, {"member": "n", "score": "inf"}],
        ),
        (Shape.ENTRIES, [], []),
        (Shape.ENTRIES, [[b"1-0", [b"a", b"1"]]], [{"id": "1-0", "fields": {"a": "1"}}]),
        (Shape.NUMBER, None, None),
        (Shape.NUMBER, b"1e+20", 1e20),
        (Shape.NUMBER, b"-0.5", -0.5),
        (Shape.NUMBER, b"-inf", "-inf"),
        (Shape.NUMBER, [[b"13.36", b"38.11"], None], [[13.36, 38.11], None]),
        (Shape.LEFT, -2, None),
        (Shape.LEFT, -1, -1),
        (Shape.LEFT, 60, 60),
        (Shape.TYPE, b"none", None),
        (Shape.TYPE, b"hash", "hash"),
        (Shape.JSON, b"7", 7),
        (Shape.JSON, [b'{"a":1}', None], [{"a": 1}, None]),
    ],
)
def test_answer_has_the_shape_of_its_command(shape, answer, value):
    assert json.loads(made(shape, answer)) == value


def test_fields_that_were_asked_for_are_an_object_of_them():
    arguments = (b"key", b"name", b"age")

    assert made(Shape.FIELDS, [b"Zo", None], arguments=arguments) == b'{"name":"Zo","age":null}'
    assert made(Shape.FIELDS, [None, None], arguments=arguments) == b"null"


def test_numbers_keep_their_digits():
    assert (
        made(Shape.NUMBER, b"0.1000000000000000055511151231257827") == b"0.1000000000000000055511151231257827"
    )
    assert made(Shape.ANY, 2**63 - 1) == b"9223372036854775807"


def test_error_within_an_answer_is_unreadable():
    with pytest.raises(UnreadableError):
        made(Shape.ANY, [b"a", ValueError("secret")])
