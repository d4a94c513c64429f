"""Names that the configuration takes, out of whatever there is."""

import pytest

from gateway.importing.naming import is_sayable, name_of, reference, step_name, unique, upstream_name


@pytest.mark.parametrize(
    ("text", "name"),
    [("users", "users"), ("a b/c", "a_b_c"), ("2nd", "x_2nd"), ("", "x"), ("é", "x"), ("-a-", "a")],
)
def test_text_becomes_a_name(text, name):
    assert name_of(text, "x") == name


def test_names_that_are_taken_or_mean_something_get_a_number():
    assert unique("a", {"a", "a_2"}) == "a_3"
    assert unique("query", ()) == "query_2"
    assert unique("b", {"a"}) == "b"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://users.example.com", "users"),
        ("https://api.example.com:8443/v1", "example"),
        ("http://127.0.0.1:9101", "local_9101"),
        ("http://localhost", "local"),
        ("http://[::1]:80/", "local_80"),
        ("http://a:b:c", "upstream"),
    ],
)
def test_upstreams_are_called_after_their_hosts(url, name):
    assert upstream_name(url) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [("/v1/users/{id}?x=1", "users"), ("/{id}", "other"), ("/v2", "v2"), ("/a/b.json", "b_json")],
)
def test_steps_are_called_after_their_paths(path, name):
    assert step_name(path, "other") == name


def test_references_quote_what_the_grammar_cannot_say():
    assert reference("query", "id") == "{query.id}"
    assert reference("query", "id", many=True) == "{query.id[]}"
    assert reference("query", "filter[a]") == "{query['filter[a]']}"
    assert reference("a", "b", "0", "it's {x}") == "{a.b.0['it''s {{x}}']}"


def test_names_with_braces_cannot_be_said():
    assert is_sayable("filter[a b]")
    assert not is_sayable("{a}")
    assert not is_sayable("")
