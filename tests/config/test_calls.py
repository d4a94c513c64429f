import pytest

from gateway.config import ABSENT
from tests.config.sample import faults_of, with_step


@pytest.mark.parametrize(
    "step",
    [
        '{ get: "users/u/{id}?a=1&b={query.b}", headers: { x: y } }',
        '{ get: { upstream: users, path: "u/{id}", query: { a: 1, b: "{query.b}" }, headers: { x: y } } }',
        '{ upstream: users, path: "/u/{id}", query: { a: 1, b: "{query.b}" }, headers: { x: y } }',
        '{ upstream: users, method: get, path: "u/{id}", query: {a: "1", b: "{query.b}"}, headers: {x: y} }',
    ],
)
def test_three_ways_to_write_a_call_say_the_same(step):
    read = with_step(step.replace("{id}", "{query.id}"))

    assert (read.method, read.upstream, read.path) == ("GET", "users", "u/{query.id}")
    assert read.query == (("a", "1"), ("b", "{query.b}"))
    assert read.headers == {"x": "y"}


@pytest.mark.parametrize("verb", ["get", "head", "options", "post", "put", "patch", "delete"])
def test_every_verb_makes_its_method(verb):
    assert with_step(f"{{ {verb}: users/1 }}").method == verb.upper()
    assert with_step(f"{{ {verb}: {{ upstream: users }} }}").method == verb.upper()


def test_upstream_alone_is_its_base_path():
    assert with_step("{ get: users }").path == ""
    assert with_step("{ get: users/ }").path == ""


def test_question_mark_and_ampersand_inside_a_reference_stay_there():
    step = with_step("""{ get: "users/{query.a | 'x?y'}?b={query.b | 'c&d=e'}&f" }""")

    assert step.path == "{query.a | 'x?y'}"
    assert step.query == (("b", "{query.b | 'c&d=e'}"), ("f", ""))


def test_query_of_the_short_form_is_written_as_in_a_url():
    assert with_step('{ get: "users?q=a%20b%26c&%C3%A9={query.x}&z=1=2" }').query == (
        ("q", "a b&c"),
        ("é", "{query.x}"),
        ("z", "1=2"),
    )


def test_query_beside_the_short_form_is_added_to_its_own():
    assert with_step('{ get: "users?a=1&a=2", query: { b: [3, "{query.c}"] } }').query == (
        ("a", "1"),
        ("a", "2"),
        ("b", "3"),
        ("b", "{query.c}"),
    )


def test_values_that_are_text_keep_the_digits_they_were_written_with():
    step = with_step(
        "{ post: users, query: { a: 1.50, b: true, c: 012 }, headers: { x: 1e3 }, form: { y: 0.10 } }"
    )

    assert step.query == (("a", "1.50"), ("b", "true"), ("c", "012"))
    assert step.headers == {"x": "1e3"}
    assert step.form == {"y": "0.10"}
    assert with_step("{ post: users, body: 1.50 }").body == "1.50"


def test_json_body_keeps_its_types_and_may_be_null():
    assert with_step('{ post: users, json: { a: 1, b: "{query.b}" } }').json == {"a": 1, "b": "{query.b}"}
    assert with_step("{ post: users, json: null }").json is None
    assert with_step("{ post: users }").json is ABSENT


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{ get: /users }", "which upstream?"),
        ('{ get: "https://a/b" }', "a call names its upstream, not a URL"),
        ('{ get: "{query.url}" }', "the upstream is never a template"),
        ('{ get: "users{query.x}/a" }', "the upstream is never a template"),
        ('{ get: "users/a#b" }', "a fragment is never sent"),
        ('{ upstream: users, path: "a#b" }', "a fragment is never sent"),
        ('{ upstream: users, path: "a?b" }', "a path has no query"),
        ('{ get: "users?a&&b" }', "an empty parameter"),
        ('{ get: "users?" }', "an empty parameter"),
        ('{ get: "users?=1" }', "an empty parameter"),
        ('{ get: "users?{query.a}=1" }', "the name of a query parameter is never a template"),
        ("{ get: users, post: users }", "`post` stands beside `get`"),
        ("{ get: users, method: GET }", "`method` stands beside `get`"),
        ("{ get: { upstream: users, json: 1 }, json: 2 }", "`json` stands beside"),
        ("{ get: { path: a } }", "`upstream` is missing in `get`"),
        ("{ required: true }", "this step makes no call"),
        ("{ get: [users] }", "`get` takes"),
        ("{ get: true }", "`get` takes"),
        ("{ post: users, json: 1, form: { a: 1 } }", "`form` and `json` exclude each other"),
        ("{ get: users, headers: { A: 1, a: 2 } }", "header `a` stands here twice"),
    ],
)
def test_wrong_call_is_one_fault(step, message):
    (fault,) = faults_of(with_step, step)

    assert fault.startswith(message)
