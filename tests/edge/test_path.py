"""A path is split before it is decoded, and decoded once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.path import path_of, split_path, usual_spelling
from tests.support.pages import exchange, served


def test_segments_are_split_before_they_are_decoded():
    assert split_path(b"/a%2Fb/c") == ["a/b", "c"]


def test_segments_are_decoded_once():
    assert split_path(b"/a%252Fb") == ["a%2Fb"]


def test_empty_segments_are_kept():
    assert split_path(b"//a/") == ["", "a", ""]


def test_dots_are_not_resolved():
    assert split_path(b"/a/../b") == ["a", "..", "b"]


def test_raw_utf8_is_read_like_escaped_utf8():
    assert split_path("/café".encode()) == split_path(b"/caf%C3%A9") == ["café"]


@pytest.mark.parametrize("path", [b"", b"*", b"a/b", b"http://x/y"])
def test_path_that_does_not_start_with_a_slash_has_no_segments(path):
    assert split_path(path) == []


@pytest.mark.parametrize("path", [b"/%ff", b"/a/%C3%28", b"/\xff", b"/%ed%a0%80", b"/%c0%af"])
def test_invalid_utf8_is_refused(path):
    assert split_path(path) == "is not UTF-8"


@pytest.mark.parametrize("path", [b"/a%00", b"/%0d%0aset-cookie:x", b"/\x7f", b"/a\tb", b"/%C2%85"])
def test_control_characters_are_refused(path):
    assert split_path(path) == "holds a control character"


@pytest.mark.parametrize("path", [b"/%", b"/%4", b"/a%zz", b"/%%41"])
def test_broken_escapes_are_refused(path):
    assert "two hex digits" in split_path(path)


@given(st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs"))), min_size=1))
def test_any_printable_segments_come_through_as_they_are(segments):
    path = b"/" + b"/".join(usual_spelling(segment).replace(b"/", b"%2F") for segment in segments)

    assert split_path(path) == segments


@given(st.binary())
def test_no_path_raises(path):
    assert isinstance(split_path(b"/" + path), list | str)


@pytest.mark.parametrize(
    ("raw", "root", "expected"),
    [
        (b"/a/b", "", b"/a/b"),
        (b"/gw/a%20b", "/gw", b"/a%20b"),
        (b"/gw/a", "/gw/", b"/a"),
        (b"/gw", "/gw", b""),
        (b"/gwx/a", "/gw", b"/gwx/a"),
        (b"/%67w/a%2Fb", "/gw", b"/a%2Fb"),
        (b"/caf%C3%A9/a", "/café", b"/a"),
        (b"/v1/gw/a", "/v1/gw", b"/a"),
        (b"/a", "/gw", b"/a"),  # a server that already took the root away
    ],
)
def test_root_path_is_taken_away(raw, root, expected):
    assert path_of({"raw_path": raw, "path": "ignored", "root_path": root}) == expected


def test_decoded_path_is_escaped_again_where_the_server_gives_no_raw_one():
    assert path_of({"path": "/a b/ü"}) == b"/a%20b/%C3%BC"


@pytest.mark.parametrize(
    ("target", "segments"),
    [
        (b"/a%2Fb/../c?d=/e", ["a/b", "..", "c"]),
        (b"//a/", ["", "a", ""]),
        (b"/%252e%252E", ["%2e%2E"]),
        (b"/caf%C3%A9", ["café"]),
    ],
)
async def test_path_arrives_as_it_was_sent_from_a_real_server(target, segments):
    seen = []

    async def app(scope, receive, send):
        seen.append(split_path(path_of(scope)))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with served(app) as port:
        await exchange(port, b"GET " + target + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")

    assert seen == [segments]
