"""`no-op` endpoints pass on; what cannot be is told."""

import pytest

from tests.importing.krakend.samples import backend, endpoint, imported, route_of


def test_named_queries_and_headers_go_on():
    keys = {"output_encoding": "no-op", "input_query_strings": ["a"], "input_headers": ["X-A", "*"]}
    route, told = route_of(endpoint(**keys))

    common = ["authorization", "cookie", "accept-language", "user-agent"]
    assert route["proxy"]["forward"] == {"headers": ["x-a", *common], "query": ["a"]}
    (line,) = told
    assert line.endswith(f"`*`: {', '.join(common)} are passed on, others only if they are named")


def test_base_path_with_a_query_is_passed_on():
    route, _ = route_of(endpoint(backend(url_pattern="/?x=1"), output_encoding="no-op"))

    assert route["proxy"]["to"] == "h?x=1"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"method": "POST"}, "what is passed on keeps its method, and the backend's is POST"),
        ({"url_pattern": "/{nobody}"}, "nothing here is called `{nobody}`"),
        ({"host": ["amqp://x"]}, "its backend has no host that can be called"),
    ],
)
def test_what_cannot_be_passed_on_is_left_out(wrong, told):
    draft, lines = imported(endpoint(backend(**wrong), output_encoding="no-op"))

    assert not draft.routes
    assert lines[-1] == f"LEFT OUT endpoints[0]: GET /a: {told}"
