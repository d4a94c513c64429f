import pytest

from gateway.edge.forwarding import CONTENT, Forwarding
from gateway.edge.inputs import InputFault


def test_only_headers_of_content_and_named_ones_go_on():
    forwarding = Forwarding(["X-A"])
    headers = [(b"x-a", b"1"), (b"x-b", b"2"), (b"range", b"bytes=0-"), (b"authorization", b"s")]

    assert forwarding.lines(headers) == b"x-a: 1\r\nrange: bytes=0-\r\n"


def test_nothing_that_goes_on_unnamed_says_who_the_client_is():
    assert not CONTENT & {b"authorization", b"cookie", b"user-agent", b"referer", b"origin", b"forwarded"}


def test_header_that_the_routes_template_writes_is_not_the_clients():
    forwarding = Forwarding(["x-a"], set_headers=["X-A", "Accept"])

    assert forwarding.lines([(b"x-a", b"1"), (b"accept", b"*/*")]) == b""


def test_headers_that_connection_names_stay_here():
    forwarding = Forwarding(["x-a", "x-b"])

    assert forwarding.lines([(b"connection", b"close, X-A"), (b"x-a", b"1"), (b"x-b", b"2")]) == b"x-b: 2\r\n"


def test_only_named_cookies_go_on():
    forwarding = Forwarding(cookies=["sid", "lang"])
    headers = [(b"cookie", b"a=1; sid=x=y"), (b"cookie", b"lang=de;sidx=2")]

    assert forwarding.lines(headers) == b"cookie: sid=x=y; lang=de\r\n"
    assert forwarding.lines([(b"cookie", b"a=1")]) == b""


def test_value_with_a_line_break_is_refused():
    with pytest.raises(InputFault, match=r"header.accept holds a control character"):
        Forwarding().lines([(b"accept", b"a\r\nx: y")])


@pytest.mark.parametrize(
    ("names", "target", "expected"),
    [
        (None, b"/x", b"/x?a=1&b=%20&a"),
        (None, b"/x?t=0", b"/x?t=0&a=1&b=%20&a"),
        (["a"], b"/x", b"/x?a=1&a"),
        (["c"], b"/x", b"/x"),
        ([], b"/x", b"/x"),
    ],
)
def test_parameters_go_on_as_they_are_written(names, target, expected):
    assert Forwarding(query=names).target(target, b"a=1&b=%20&a") == expected


def test_query_that_no_request_line_can_carry_is_refused():
    for query in (b"a b", b"a\x7f", b"a#b", b"\xc3\xa9"):
        with pytest.raises(InputFault, match="query is not well-formed"):
            Forwarding(query=None).target(b"/x", query)


def test_answer_keeps_everything_but_what_belongs_to_its_connection():
    headers = [
        (b"Content-Type", b"text/x"),
        (b"Connection", b"X-Hop"),
        (b"X-Hop", b"1"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Server", b"s"),
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
        (b"X-Powered-By", b"p"),
        (b"X-Mine", b"theirs"),
    ]
    forwarding = Forwarding(withheld=["x-powered-by"])

    assert forwarding.returned(headers, {b"x-mine": b"ours"}, without=(b"content-length",)) == [
        (b"content-type", b"text/x"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"x-mine", b"ours"),
    ]
