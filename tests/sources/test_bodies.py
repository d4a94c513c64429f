import json
import sys

import msgspec
import pytest

from gateway.outcome import Cause, Failure
from gateway.sources.bodies import MAX_DEPTH, checked


@pytest.mark.parametrize(
    "body",
    [
        b"null", b"true", b"0", b"-1.5e+10", b'""', b"[]", b"{}", b'{"a":[1,{"b":null}]}',
        b'"\\u00e4\\ud83d\\ude00"', '"ä😀"'.encode(), b"12345678901234567890.1234567890123456789", b'"\x7f"',
    ],
)  # fmt: skip
def test_json_is_returned_as_it_came(body):
    assert checked(body) == body


def test_surrounding_white_space_and_a_byte_order_mark_are_cut_off():
    assert checked(b' \r\n\t{"a": 1} \n') == b'{"a": 1}'
    assert checked(b'\xef\xbb\xbf{"a": 1}\n') == b'{"a": 1}'
    assert checked(b"\xef\xbb\xbf " + '"ä"'.encode()) == '"ä"'.encode()


def test_duplicate_keys_pass_as_they_came():
    assert checked(b'{"a":1,"a":2}') == b'{"a":1,"a":2}'


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"\xef\xbb\xbf", b"<html>", b"{", b'{"a":1', b"[1,]", b"{1:2}", b"{'a':1}", b"01", b"1 2",
        b"NaN", b"[Infinity]", b"-Infinity", b"nul", b'"\x01"', b'"\\x"', b"/* */ 1",
        b"\xef\xbb\xbf\xef\xbb\xbf1",
    ],
)  # fmt: skip
def test_what_is_not_json_is_unreadable(body):
    failure = checked(body)
    assert isinstance(failure, Failure)
    assert failure.cause is Cause.UNREADABLE
    assert "JSON" in failure.detail


@pytest.mark.parametrize("text", [b"\\ud800", b"\\udc00", b"\\ud800x", b"\\ud800\\u0041", b"\\udc00\\ud800"])
def test_lone_surrogate_is_unreadable(text):
    assert checked(b'"' + text + b'"').cause is Cause.UNREADABLE
    assert checked(b'{"' + text + b'":1}').cause is Cause.UNREADABLE


@pytest.mark.parametrize("text", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe4"])
def test_what_is_not_utf8_is_unreadable(text):
    failure = checked(b'"' + text + b'"')
    assert failure.cause is Cause.UNREADABLE
    assert "UTF-8" in failure.detail


def test_other_encodings_are_unreadable():
    for encoding in ("utf-16", "utf-32", "latin-1"):
        assert checked('"ä"'.encode(encoding)).cause is Cause.UNREADABLE


def nested(depth: int) -> list[bytes]:
    return [
        b"[" * depth + b"]" * depth,
        b'{"a":' * depth + b"1" + b"}" * depth,
        b'[{"a":' * (depth // 2) + b"1" + b"}]" * (depth // 2),
        b"[" * (depth - 1) + b"1" + b",[],{}]" * (depth - 1),
    ]


@pytest.mark.parametrize("body", nested(MAX_DEPTH), ids=range(4))
def test_greatest_depth_is_read(body):
    assert checked(body) == body


@pytest.mark.parametrize("body", nested(MAX_DEPTH + 2), ids=range(4))
def test_more_than_that_is_too_deep_on_every_python(body):
    failure = checked(body)
    assert (failure.cause, "levels deep" in failure.detail) == (Cause.UNREADABLE, True)


@pytest.mark.parametrize("depth", [2_000, 20_000, 1_000_000])
def test_depth_that_the_interpreter_cannot_bear_is_unreadable_too(depth):
    for body in (b"[" * depth + b"]" * depth, b"[" * depth):
        assert checked(body).cause is Cause.UNREADABLE


def test_brackets_in_strings_are_no_depth():
    for text in ("[" * 2000, "{" * 2000, '"[' * 2000, "\\[" * 2000, '\\"{' * 2000, "[]" * 2000):
        body = json.dumps([text, {text: text}]).encode()
        assert checked(body) == body


def test_wide_documents_are_not_deep():
    body = json.dumps([{"a": [i, {"b": []}], "c": {}} for i in range(5000)]).encode()
    assert checked(body) == body


def test_checked_document_can_be_decoded_from_a_deep_stack():
    """The limit leaves room: the deepest document decodes where the stack is 300 frames deeper."""
    document = checked(nested(MAX_DEPTH)[0])

    def decode(frames: int) -> object:
        return decode(frames - 1) if frames else msgspec.json.decode(document)

    assert sys.getrecursionlimit() >= 1000
    assert isinstance(decode(300), list)


@pytest.mark.parametrize("text", ["]", "}", "]]", '"]', '\\"]', "[", "{}[", "\\", '\\\\"}'])
def test_brackets_in_strings_hide_no_depth(text):
    string = json.dumps(text).encode()
    for depth, fine in ((MAX_DEPTH, True), (MAX_DEPTH + 1, False)):
        lists = b"".join(b"[" + string + b"," for _ in range(depth - 1)) + b"[]" + b"]" * (depth - 1)
        maps = b"".join(b"{" + string + b":" for _ in range(depth)) + string + b"}" * depth
        for body in (lists, maps):
            assert isinstance(checked(body), bytes) is fine, (body[:50], depth)


def test_levels_are_counted_as_a_plain_count_would(seeded):
    def value(depth):
        text = "".join(seeded.choice('[]{}"\\,:a ') for _ in range(seeded.randrange(4)))
        if depth == 0:
            return text
        filler = [value(0) for _ in range(seeded.randrange(3))]
        inner = value(depth - 1)
        return [*filler, inner, *filler] if seeded.random() < 0.5 else {text: inner, "x": filler}

    for _ in range(50):
        depth = seeded.randrange(MAX_DEPTH - 4, MAX_DEPTH + 5)
        body = msgspec.json.encode(value(depth))
        levels = max(levels_of(body))
        assert isinstance(checked(body), bytes) is (levels <= MAX_DEPTH), levels


def levels_of(body: bytes):
    """The level after every byte, counted one by one."""
    level, inside, escaped = 0, False, False
    for byte in body.decode():
        if inside:
            inside = escaped or byte != '"'
            escaped = not escaped and byte == "\\"
        elif byte == '"':
            inside = True
        else:
            level += (byte in "[{") - (byte in "]}")
        yield level
