"""The kind of source that HTTP upstreams are."""

import pytest

from tests.support.compiled import compiled, route


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://a.example", b"/x"),
        ("http://a.example/", b"/x"),
        ("http://a.example:81/base", b"/base/x"),
        ("http://a.example/base/", b"/base/x"),
        ("http://a.example/b%20c/", b"/b%20c/x"),
    ],
)
def test_path_of_a_call_is_appended_to_the_path_of_the_url(url, target):
    it = compiled(
        f"upstreams: {{ a: {{ url: {url} }} }}\nroutes: {{ GET /: {{ steps: {{ s: {{ get: a/x }} }} }} }}"
    ).routes["GET /"]

    assert it.plan.steps[0].prepare(Scope()).target == target


def test_target_is_told_as_its_author_wrote_it():
    text = "{ steps: { s: { get: 'users/x?q={query.q}' } } }"

    assert route("GET /", text).facts[0].target == "GET users/x?q={query.q}"


class Scope:
    """A request without parts."""

    inputs = ()
    outcomes = ()
