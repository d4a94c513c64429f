"""One form of a target, in which all readers read the same."""

from urllib.parse import quote, unquote, urlsplit

import pytest

from gateway.transport.wire_form import canonical_query, wire_form


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (b"/score/7?full=1", b"/score/7?full=1"),
        (b"", b"/"),
        (b"/a b", b"/a%20b"),
        (b"/%e4/%41", b"/%E4/A"),
        (b"/a:b/(c)/d+e", b"/a%3Ab/%28c%29/d%2Be"),
        (b"/a%2fb", b"/a%2Fb"),
        (b"/a//b/./c/../d/", b"/a/b/d/"),
        (b"/..", b"/"),
        (b"/.well-known/x", b"/.well-known/x"),
        (b"/?a+b=c d", b"/?a%2Bb=c%20d"),
        (b"/?flag&&x=a=b&", b"/?flag=&x=a%3Db"),
        (b"/x?", b"/x"),
        (b"/x?&", b"/x"),
    ],
)
def test_a_target_is_sent_in_one_form(written, sent):
    assert wire_form(written) == sent


def test_a_target_in_wire_form_stays_as_it_is(seeded):
    for _ in range(500):
        written = "".join(chr(seeded.randrange(33, 127)) for _ in range(seeded.randrange(30)))
        sent = wire_form(b"/" + written.encode())

        assert wire_form(sent) == sent, written


def test_a_target_means_the_same_in_wire_form(seeded):
    for _ in range(500):
        words = ["".join(chr(seeded.randrange(33, 1000)) for _ in range(4)) for _ in range(3)]
        path = "/" + "/".join(quote(word, safe="") for word in words)

        assert unquote(urlsplit(wire_form(path.encode()).decode()).path) == unquote(path)


def test_empty_segments_and_dots_are_part_of_an_object_s_name():
    assert wire_form(b"/bucket/a//./b:c", collapse=False) == b"/bucket/a//./b%3Ac"


def test_parameters_are_ordered_by_name_and_then_by_value():
    assert canonical_query(b"b=2&a-b=3&a=1&a=0&A=4") == b"A=4&a=0&a=1&a-b=3&b=2"
