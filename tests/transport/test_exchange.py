from gateway.transport.exchange import Request, Response


def test_header_is_found_whatever_its_case():
    response = Response(200, [(b"ETag", b"1"), (b"etag", b"2")], b"")
    assert response.header(b"etag") == b"1"
    assert response.header(b"age") is None


def test_request_and_response_describe_themselves_without_their_bodies():
    assert repr(Request("GET", b"/a?b=c", b"authorization: x\r\n")) == "<Request GET /a>"
    assert repr(Response(200, [], b"secret")) == "<Response 200, 6 bytes>"
