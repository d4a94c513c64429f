"""A pattern is literal segments and whole-segment parameters; all else is a fault with its place."""

import pytest

from gateway.edge.pattern import Parameter, ParameterType, Pattern, PatternFault, parse_pattern


def parsed(text):
    pattern = parse_pattern(text)
    assert isinstance(pattern, Pattern), pattern
    return pattern


def test_pattern_is_literals_and_parameters_in_order():
    assert parsed("/user/{id:int}/x").segments == ("user", Parameter("id", ParameterType.INT), "x")


def test_parameter_without_a_type_is_str():
    assert parsed("/user/{id}").parameters == (Parameter("id", ParameterType.STR),)


def test_path_parameter_may_stand_last():
    assert parsed("/files/{rest:path}").parameters == (Parameter("rest", ParameterType.PATH),)


def test_trailing_slash_is_part_of_the_pattern():
    assert parsed("/a/").shape != parsed("/a").shape


def test_root_is_one_empty_segment():
    assert parsed("/").segments == ("",)


def test_patterns_that_differ_only_in_names_have_one_shape():
    assert parsed("/user/{id:int}").shape == parsed("/user/{user_id:int}").shape
    assert parsed("/user/{id:int}").shape != parsed("/user/{id:uuid}").shape


def test_literal_may_hold_any_printable_text():
    assert parsed("/café/a+b;c=1").segments == ("café", "a+b;c=1")


@pytest.mark.parametrize(
    ("text", "offset", "part"),
    [
        ("user", 0, "starts with `/`"),
        ("", 0, "starts with `/`"),
        ("/a//b", 3, "empty"),
        ("/user/{id", 6, "whole segment"),
        ("/user/v{id}", 7, "whole segment"),
        ("/user/{id}.json", 6, "whole segment"),
        ("/user/{a}{b}", 6, "whole segment"),
        ("/user/{{a}}", 6, "whole segment"),
        ("/user/{}", 7, "not a name"),
        ("/user/{1st}", 7, "not a name"),
        ("/user/{id:}", 10, "not a type"),
        ("/user/{id:integer}", 10, "not a type"),
        ("/user/{id:number}", 10, "not a type"),
        ("/{rest:path}/x", 2, "stands last"),
        ("/{a}/{a:int}", 6, "twice"),
        ("/a b", 2, "a blank cannot stand"),
        ("/a%20b", 2, "`%` cannot stand"),
        ("/a?b=1", 2, "`?` cannot stand"),
        ("/a#b", 2, "`#` cannot stand"),
        ("/a\\b", 2, "cannot stand"),
        ("/a\x00", 2, "the character U+0000 cannot stand"),
        ("/a/../b", 3, "never matched"),
        ("/./a", 1, "never matched"),
    ],
)
def test_fault_says_what_and_where(text, offset, part):
    fault = parse_pattern(text)

    assert isinstance(fault, PatternFault), fault
    assert part in fault.message
    assert fault.offset == offset


@pytest.mark.parametrize("text", ["/health", "/health/x", "/docs", "/openapi.json", "/docs/a/{b}"])
def test_paths_of_the_gateway_itself_are_reserved(text):
    assert parsed(text).reserved


@pytest.mark.parametrize("text", ["/", "/healthy", "/documents", "/{docs}", "/api/health", "/Docs"])
def test_other_paths_are_not_reserved(text):
    assert not parsed(text).reserved
