"""Paths: what an author may write, what a value may do, and what is refused by whom."""

import pytest

from gateway.compiler.references import TemplateFault
from gateway.compiler.target import PathTemplate
from gateway.edge.inputs import InputFault
from gateway.outcome import Cause, Failure
from tests.support.templates import DOWN, names, prepared


def target(path, base="", **more):
    request = prepared(path, base=base, **more)
    return request if isinstance(request, Failure) else request.target.decode()


def by_query(path, value):
    return target(path, client={"query": b"x=" + value})


def by_step(path, value):
    return target(path, outcomes=[b'{"x":' + value + b"}"])


def fault_of(path, params=None):
    with pytest.raises(TemplateFault) as caught:
        PathTemplate(names(params), path)
    return caught.value


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        ("", "", "/"),
        ("/", "", "/"),
        ("/api", "", "/api"),
        ("/api/", "", "/api/"),
        ("", "users", "/users"),
        ("/", "users", "/users"),
        ("/api/", "users/", "/api/users/"),
        ("/api", "a//b", "/api/a//b"),
    ],
)
def test_path_is_appended_to_the_base_path(base, path, expected):
    assert target(path, base) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a%20b;v=1,2:@!$&'()*+", "/a%20b;v=1,2:@!$&'()*+"),
        ("a b/é", "/a%20b/%C3%A9"),
        ("a%2Fb", "/a%2Fb"),
        ("{{x}}", "/%7Bx%7D"),
        ('"<>^`|', "/%22%3C%3E%5E%60%7C"),
        (".../..a", "/.../..a"),
    ],
)
def test_text_of_the_author_is_sent_as_written_where_a_path_can_carry_it(path, expected):
    assert target(path) == expected


@pytest.mark.parametrize(
    "path", ["a?b", "a#b", "a\\b", "a%2", "a%zz", "a\nb", "..", "a/./b", "%2e%2E/a", "a/.%2e"]
)
def test_text_that_no_path_should_hold_is_a_fault(path):
    assert fault_of(path)


def test_fault_points_at_the_character():
    assert fault_of("ab?c").offset == 2


def test_path_with_a_leading_slash_is_a_fault():
    assert "appended" in fault_of("/users").message


def test_value_is_one_encoded_segment():
    assert (
        by_query("a/{query.x}/b", b"1%20%2B%3F%23%25%3B%3D%26%C3%A9")
        == "/a/1%20%2B%3F%23%25%3B%3D%26%C3%A9/b"
    )


def test_percent_sequences_in_a_value_are_text():
    assert by_query("{query.x}", b"%252F..%252e") == "/%252F..%252e"


@pytest.mark.parametrize("value", [b"", b"a%2Fb", b"a%5Cb", b"a%0Ab", b"%00", b".", b".."])
def test_unfit_value_of_a_client_is_a_bad_request(value):
    with pytest.raises(InputFault):
        by_query("{query.x}", value)


@pytest.mark.parametrize(
    "value", [b'""', b'"a/b"', b'"a\\\\b"', b'"\\n"', b'"."', b'".."', b"{}", b"[1]", b"null"]
)
def test_unfit_value_of_a_step_skips(value):
    assert by_step("{user.x}", value).cause is Cause.SKIPPED


def test_absent_part_is_a_bad_request_or_skips():
    with pytest.raises(InputFault, match=r"query\.x is missing"):
        target("{query.x}")
    assert target("{user.x}", outcomes=[b"{}"]).cause is Cause.SKIPPED
    assert target("{user.x}", outcomes=[DOWN]).need is DOWN


def test_default_fills_the_gap():
    assert target("{query.x | 'a b'}/{user.x | 1}", outcomes=[DOWN]) == "/a%20b/1"


@pytest.mark.parametrize("default", ["''", "'a/b'", "null", "[]", "{}"])
def test_unfit_default_is_a_fault(default):
    assert "default" in fault_of(f"{{query.x | {default}}}").message


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("a{query.x}b", b"..", "/a..b"),
        ("{query.x}.json", b".", "/..json"),
        ("{query.x}.", b"..", "/..."),
    ],
)
def test_dots_beside_other_text_are_text(path, value, expected):
    assert by_query(path, value) == expected


@pytest.mark.parametrize("path", [".{query.x}", "{query.x}.", "%2e{query.x}"])
def test_finished_segment_of_dots_is_a_bad_request(path):
    with pytest.raises(InputFault, match="dots"):
        by_query(path, b".")


@pytest.mark.parametrize("path", [".{user.x}", "{user.x}.", "%2e{user.x}", "{query.q | '.'}{user.x}"])
def test_finished_segment_of_dots_skips_if_a_step_had_a_part_in_it(path):
    assert by_step(path, b'"."').cause is Cause.SKIPPED
    assert by_step(path, b'"x"').startswith("/")


def test_path_parameter_keeps_its_slashes():
    assert (
        target("files/{rest}", params={"rest": "path"}, client={"path": {"rest": "a/b c/d"}})
        == "/files/a/b%20c/d"
    )


@pytest.mark.parametrize("rest", ["a//b", "a/../b", "a/", "", "a\\b"])
def test_every_segment_of_a_path_parameter_is_under_the_rule(rest):
    with pytest.raises(InputFault):
        target("files/{rest:path}", params={"rest": "path"}, client={"path": {"rest": rest}})


def test_step_may_give_a_path_too():
    assert by_step("files/{user.x:path}", b'"a/b"') == "/files/a/b"
    assert by_step("files/{user.x:path}", b'"a/../b"').cause is Cause.SKIPPED


@pytest.mark.parametrize("path", ["{rest}/a", "a{rest}", "{rest}a", "{rest}/"])
def test_path_parameter_stands_alone_at_the_end(path):
    assert "alone" in fault_of(path, {"rest": "path"}).message


def test_list_in_a_path_is_a_fault():
    assert "list" in fault_of("{query.x[]}").message


def test_number_is_written_as_it_came():
    assert by_step("{user.x}", b"1.50") == "/1.50"
    assert by_step("{user.x}", b"1e+3") == "/1e%2B3"
