"""A backend becomes a step that sends what the endpoint lets through, and nothing else."""

import pytest

from tests.importing.krakend.samples import backend, endpoint, imported, step_of


def test_nothing_of_the_client_is_passed_on_by_itself():
    assert step_of() == ({"get": "h/b", "timeout": "1.98s"}, [])


def test_queries_are_passed_on_by_name_each_as_often_as_it_comes():
    step, told = step_of(backend(url_pattern="/b?x=1"), input_query_strings=["a", "b[c]", "x"])

    assert step["query"] == {"a": "{query.a[]}", "b[c]": "{query['b[c]'][]}"}
    assert told == [
        "changed endpoints[0].input_query_strings: `x` is in the call's own query, the client's is not added"
    ]


def test_backends_own_lists_only_take_away():
    step, _ = step_of(
        backend(input_query_strings=["a", "z"], input_headers=["x-b"]),
        input_query_strings=["a", "b"],
        input_headers=["X-A", "X-B"],
    )

    assert step["query"] == {"a": "{query.a[]}"}
    assert step["headers"] == {"x-b": "{header.x-b}"}


def test_old_names_of_the_lists_are_read():
    step, _ = step_of(querystring_params=["a"], headers_to_pass=["X-A"])

    assert (step["query"], step["headers"]) == ({"a": "{query.a[]}"}, {"x-a": "{header.x-a}"})


def test_headers_of_the_connection_are_the_gateways_own():
    names = ["Authorization", "Content-Type", "Host", "X-Request-ID", "x-a", "X-A"]
    step, told = step_of(input_headers=names)

    assert step["headers"] == {"authorization": "{header.authorization}", "x-a": "{header.x-a}"}
    assert [line.partition("headers: ")[2][:14] for line in told] == ["`host` is not ", "`x-request-id`"]


def test_everything_is_what_is_common():
    step, told = step_of(input_headers=["*"], input_query_strings=["*"])

    assert "query" not in step
    assert list(step["headers"]) == ["authorization", "cookie", "accept-language", "user-agent"]
    assert [line.partition(" ")[0] for line in told] == ["not", "changed"]


def test_star_of_the_endpoint_is_narrowed_by_the_backend():
    narrow = backend(input_query_strings=["a"], input_headers=["x-a"])
    step, told = step_of(narrow, input_query_strings=["*"], input_headers=["*"])

    assert (step["query"], step["headers"]) == ({"a": "{query.a[]}"}, {"x-a": "{header.x-a}"})
    assert told == []


@pytest.mark.parametrize(
    ("method", "own", "sends"), [("POST", None, True), ("POST", "GET", False), ("GET", "POST", False)]
)
def test_body_is_passed_on_where_both_sides_have_one(method, own, sends):
    step, _ = step_of(backend(**({"method": own} if own else {})), method=method)

    assert ("body" in step) is sends
    assert (own or method).lower() in step


@pytest.mark.parametrize(
    "name",
    [
        "backend/amqp/producer",
        "backend/graphql",
        "github.com/devopsfaith/krakend-amqp/consume",
        "backend/pubsub/publisher",
    ],
)
def test_backend_that_makes_no_http_call_is_no_step(name):
    draft, told = imported(endpoint(backend(extra_config={name: {}}), backend()))

    assert len(draft.routes["GET /a"]["steps"]) == 1
    assert told[0].startswith("not carried endpoints[0].backend[0]: ")


def test_settings_of_a_backend_without_a_counterpart_are_told():
    extra = {
        "qos/ratelimit/proxy": {},
        "qos/http-cache": {},
        "modifier/martian": {},
        "backend/http": {"return_error_code": True, "return_error_details": False},
        "my/own": {},
    }
    _, told = step_of(backend(extra_config=extra))

    assert len(told) == 5
    assert all(line.startswith("not carried endpoints[0].backend[0].extra_config") for line in told)


def test_unknown_method_and_placeholder_leave_no_step():
    for wrong in ({"method": "TRACE"}, {"url_pattern": "/{nobody}"}):
        assert not imported(endpoint(backend(**wrong)))[0].routes


def test_other_encodings_are_decoded():
    step, told = step_of(backend(encoding="xml"))
    assert step["decode"] == "xml"
    assert "@name" in told[0]
    assert step_of(backend(encoding="yaml"))[0]["decode"] == "yaml"
    assert "decode" not in step_of(backend(encoding="safejson"))[0]

    step, told = step_of(backend(encoding="string", group="g"))
    assert (step["decode"], step["shape"], told) == ("text", [{"wrap": "content"}, {"wrap": "g"}], [])


def test_feeds_are_not_read():
    assert not imported(endpoint(backend(encoding="rss")))[0].routes
