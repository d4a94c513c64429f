"""A head is read only if nothing about it is uncertain; a reader that refused one reads the next as well."""

import pytest

from gateway.transport.head import Head

PLAIN = b"GET /user/42?full=1 HTTP/1.1\r\nHost: gateway\r\nX-Request-ID:  r-1 \r\n\r\n"


def test_plain_get_is_read_with_target_and_headers_in_lower_case():
    head = Head()

    assert head.read(PLAIN)
    assert head.target == b"/user/42?full=1"
    assert head.headers[0] == (b"host", b"gateway")
    assert head.headers[1][0] == b"x-request-id"


REFUSED = {
    "another method": b"POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n",
    "HEAD": b"HEAD /a HTTP/1.1\r\nhost: x\r\n\r\n",
    "a body": b"GET /a HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n\r\n\r\n",
    "a body to come": b"GET /a HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n",
    "chunks": b"GET /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "half a head": b"GET /a HTTP/1.1\r\nhost: x\r\n",
    "two requests": b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n" * 2,
    "an end": b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    "HTTP/1.0": b"GET /a HTTP/1.0\r\nhost: x\r\nconnection: keep-alive\r\n\r\n",
    "an upgrade": b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    "a whole URL": b"GET http://x/a HTTP/1.1\r\nhost: x\r\n\r\n",
    "a fragment": b"GET /a#b HTTP/1.1\r\nhost: x\r\n\r\n",
    "bytes beyond ASCII": "GET /ä HTTP/1.1\r\nhost: x\r\n\r\n".encode(),
    "a header without a name": b"GET /a HTTP/1.1\r\n: x\r\n\r\n",
    "a space before the colon": b"GET /a HTTP/1.1\r\nhost : x\r\n\r\n",
    "a NUL": b"GET /a HTTP/1.1\r\nhost: \x00\r\n\r\n",
    "no HTTP": b"GET /a\r\n\r\n",
    "an empty line first": b"\r\nGET /a HTTP/1.1\r\nhost: x\r\n\r\n",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_everything_else_is_left_to_others_and_forgotten(data):
    head = Head()

    assert not head.read(data)

    assert head.read(PLAIN)
    assert head.target == b"/user/42?full=1"
    assert len(head.headers) == 2
