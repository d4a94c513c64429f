"""Header templates: lines, gaps, and what may not be sent."""

import pytest

from gateway.compiler.header_lines import FORBIDDEN, HeadersTemplate
from gateway.edge.inputs import InputFault
from gateway.outcome import Cause, Failure
from tests.support.templates import DOWN, names, prepared


def lines(headers, **more):
    request = prepared("x", headers=headers, **more)
    return request if isinstance(request, Failure) else request.headers


def faults(headers):
    return HeadersTemplate(names(), headers).faults


def test_no_header_unless_a_template_names_it():
    client = {"headers": [(b"authorization", b"secret"), (b"cookie", b"a=1")]}
    assert lines({}, client=client) == b""


def test_lines_are_ready_to_send_with_names_in_lower_case():
    assert lines({"X-A": "1", "X-B": ""}) == b"x-a: 1\r\nx-b: \r\n"


def test_values_keep_the_octets_they_came_with():
    headers = {"X-A": "v{header.x-b}", "Authorization": "{header.authorization}"}
    client = {"headers": [(b"x-b", b"\xc3\xa9"), (b"authorization", b"Bearer t")]}
    assert lines(headers, client=client) == b"x-a: v\xc3\xa9\r\nauthorization: Bearer t\r\n"


@pytest.mark.parametrize("value", [b"%0Ax-b:1", b"%0D", b"%00", b"%E6%97%A5"])
def test_unfit_value_of_a_client_is_a_bad_request(value):
    for template in ("{query.a}", "x{query.a}"):
        with pytest.raises(InputFault, match=r"query\.a holds"):
            lines({"x-a": template}, client={"query": b"a=" + value})


@pytest.mark.parametrize("value", [b'"\\r\\nx-b: 1"', b'"\\u0000"', '"日"'.encode(), b"{}"])
def test_unfit_value_of_a_step_skips(value):
    for template in ("{user.a}", "x{user.a}"):
        assert lines({"x-a": template}, outcomes=[b'{"a":' + value + b"}"]).cause is Cause.SKIPPED


def test_header_of_a_missing_value_is_left_out():
    assert lines({"x-a": "{query.a}", "x-b": "{user.a}", "x-c": "1"}, outcomes=[b"{}"]) == b"x-c: 1\r\n"


def test_step_that_did_not_answer_skips():
    assert lines({"x-a": "{user.a}"}, outcomes=[DOWN]).need is DOWN


def test_gap_inside_longer_text_is_a_bad_request():
    with pytest.raises(InputFault, match="missing"):
        lines({"x-a": "v{query.a}"})


def test_default_fills_the_header():
    assert lines({"x-a": "{query.a | 'b'}", "x-b": "{query.b | null}"}) == b"x-a: b\r\n"


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
def test_headers_of_the_connection_and_the_gateway_are_faults(name):
    (fault,) = faults({name.upper(): "x"})
    assert fault.path == ("headers", name.upper())


@pytest.mark.parametrize(
    "headers",
    [
        {"x a": "1"},
        {"": "1"},
        {"x-a": "a\nb"},
        {"x-a": "日"},
        {"x-a": "{query.a | '日'}"},
        {"x-a": "{query.a[]}"},
        {"x-a": "1", "X-A": "2"},
    ],
)
def test_what_cannot_be_sent_is_a_fault(headers):
    assert len(faults(headers)) == 1


def test_every_fault_is_reported():
    assert len(faults({"host": "x", "x-a": "{nobody}", "x-b": "1"})) == 2
