"""Headers of answers: the author's, unless the gateway writes them itself or nobody can send them."""

import pytest

from gateway.compiler.answer_headers import OWN_HEADERS
from tests.support.compiled import messages


def told(name, value="x"):
    return messages(
        "upstreams: { users: { url: http://a } }\n"
        f"routes:\n  GET /x: {{ steps: {{ a: {{ get: users }} }}, headers: {{ {name}: {value} }} }}\n"
    )


@pytest.mark.parametrize("name", sorted(OWN_HEADERS))
def test_header_of_the_gateway_itself_is_not_the_authors(name):
    assert told(name.title()) == [f"the gateway itself writes the header `{name}`"]


def test_other_headers_are():
    assert told("Cache-Control", "private") == []


def test_text_that_no_header_can_carry_is_a_fault():
    assert told("X-A", '"a\\x7fb"') == ["the text holds a control character"]
