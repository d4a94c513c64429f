"""Routes are found by shape: literal, int, uuid, str, path, with backtracking; and refusals say why."""

import itertools
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.pattern import ParameterType, parse_pattern
from gateway.edge.router import Conflict, Match, Router, Unrouted

UUID = "123E4567-e89b-12d3-a456-426614174000"


def routed(*routes):
    router = Router()
    for route in routes:
        method, _, path = route.partition(" ")
        assert router.add(method, parse_pattern(path), route) is None
    return router


def target(router, method, path):
    found = router.match(method, path)
    assert isinstance(found, Match), found
    return found.target


def refusal(router, method, path):
    found = router.match(method, path)
    assert isinstance(found, Unrouted), found
    return found


def test_literal_comes_before_parameters():
    router = routed("GET /u/{a}", "GET /u/me", "GET /u/{a:int}", "GET /u/{a:uuid}", "GET /u/{a:path}")

    assert target(router, "GET", b"/u/me") == "GET /u/me"
    assert target(router, "GET", b"/u/7") == "GET /u/{a:int}"
    assert target(router, "GET", b"/u/" + UUID.encode()) == "GET /u/{a:uuid}"
    assert target(router, "GET", b"/u/you") == "GET /u/{a}"
    assert target(router, "GET", b"/u/you/x") == "GET /u/{a:path}"


def test_dead_end_is_backed_out_of():
    router = routed("GET /a/b/c", "GET /a/{x}/d", "GET /{x}/b/e", "GET /{x:path}")

    assert target(router, "GET", b"/a/b/c") == "GET /a/b/c"
    assert target(router, "GET", b"/a/b/d") == "GET /a/{x}/d"
    assert target(router, "GET", b"/a/b/e") == "GET /{x}/b/e"
    assert target(router, "GET", b"/a/b/f") == "GET /{x:path}"


def test_values_of_abandoned_branches_are_forgotten():
    router = routed("GET /{a:int}/{b:int}/x", "GET /{c}/{d}/y")

    assert router.match("GET", b"/1/2/y").params == {"c": "1", "d": "2"}


def test_method_takes_part_in_backtracking():
    router = routed("GET /users/me", "POST /users/{id}")

    assert target(router, "POST", b"/users/me") == "POST /users/{id}"


def test_values_are_decoded_text_by_name():
    router = routed("GET /u/{name}/{n:int}")

    assert router.match("GET", b"/u/a%20b%2Fc/5").params == {"name": "a b/c", "n": "5"}


def test_names_belong_to_the_route_and_not_to_the_shape():
    router = routed("GET /u/{id:int}", "DELETE /u/{user_id:int}")

    assert router.match("DELETE", b"/u/1").params == {"user_id": "1"}


def test_path_parameter_takes_the_rest_with_its_slashes():
    router = routed("GET /f/{rest:path}")

    assert router.match("GET", b"/f/a/b%20c/d").params == {"rest": "a/b c/d"}


def test_path_parameter_refuses_an_encoded_slash():
    found = refusal(routed("GET /f/{rest:path}"), "GET", b"/f/a%2Fb/c")

    assert (found.status, found.parameter) == (400, "rest")


@pytest.mark.parametrize("text", ["0", "1", "-1", "123456789012345678", "-999999999999999999"])
def test_int_is_taken(text):
    assert routed("GET /{n:int}").match("GET", f"/{text}".encode()).params == {"n": text}


def test_minus_zero_is_sent_on_as_zero():
    assert routed("GET /{n:int}").match("GET", b"/-0").params == {"n": "0"}


@pytest.mark.parametrize(
    "text",
    ["01", "+1", "1.0", "1e3", "--1", "-", "0x1", "1234567890123456789", "%D9%A1", "1%20", "1%0A", "", "abc"],
)
def test_what_is_not_an_int_is_a_400_naming_the_parameter(text):
    found = refusal(routed("GET /user/{user_id:int}"), "GET", f"/user/{text}".encode())

    assert found.status == 400
    assert found.parameter == ("path" if text == "1%0A" else "user_id")


def test_uuid_is_taken_in_any_case_and_sent_on_in_lower_case():
    assert routed("GET /{u:uuid}").match("GET", f"/{UUID}".encode()).params == {"u": UUID.lower()}


@pytest.mark.parametrize("text", ["123", UUID.replace("-", ""), "{" + UUID + "}", UUID + "0"])
def test_what_is_not_a_uuid_is_a_400(text):
    assert refusal(routed("GET /{u:uuid}"), "GET", f"/{text}".encode()).status == 400


def test_empty_segment_is_no_value():
    router = routed("GET /u/{id}", "GET /f/{rest:path}")

    assert refusal(router, "GET", b"/u/").parameter == "id"
    assert refusal(router, "GET", b"/f/").parameter == "rest"


def test_value_of_another_type_is_a_404_if_the_rest_does_not_fit_either():
    assert refusal(routed("GET /user/{id:int}/orders"), "GET", b"/user/abc/friends").status == 404


def test_first_wrong_value_is_named():
    found = refusal(routed("GET /{a:int}/{b}/{c:int}"), "GET", b"/1/x/y")

    assert found.parameter == "c"


def test_another_type_is_no_fault_where_another_route_takes_it():
    assert target(routed("GET /{a:int}", "GET /{a:uuid}", "GET /{a}"), "GET", b"/x") == "GET /{a}"


def test_another_method_is_a_405_with_all_that_are_allowed():
    found = refusal(routed("GET /a/{b}", "PUT /a/b", "DELETE /x"), "POST", b"/a/b")

    assert (found.status, found.allow) == (405, ("GET", "HEAD", "OPTIONS", "PUT"))


def test_head_is_answered_by_get_unless_it_has_a_route():
    assert target(routed("GET /a/{n:int}"), "HEAD", b"/a/1") == "GET /a/{n:int}"
    assert target(routed("GET /a", "HEAD /a"), "HEAD", b"/a") == "HEAD /a"
    assert refusal(routed("POST /a"), "HEAD", b"/a").status == 405
    assert refusal(routed("GET /a/{n:int}"), "HEAD", b"/a/x").status == 400


def test_options_answers_what_is_allowed():
    found = refusal(routed("GET /a", "POST /a"), "OPTIONS", b"/a")

    assert (found.status, found.allow) == (204, ("GET", "HEAD", "OPTIONS", "POST"))
    assert refusal(routed("GET /a"), "OPTIONS", b"/b").status == 404
    assert target(routed("OPTIONS /a"), "OPTIONS", b"/a") == "OPTIONS /a"


@pytest.mark.parametrize("path", [b"/a/", b"//a", b"/A", b"/a//", b"a", b"*", b""])
def test_neither_slashes_nor_case_are_repaired(path):
    assert refusal(routed("GET /a"), "GET", path).status == 404


def test_trailing_slash_can_be_a_route_of_its_own():
    assert target(routed("GET /a/"), "GET", b"/a/") == "GET /a/"


def test_static_path_is_found_in_every_spelling():
    router = routed("GET /café/a~b")

    for path in ("/café/a~b".encode(), b"/caf%C3%A9/a~b", b"/caf%c3%a9/%61%7Eb"):
        assert target(router, "GET", path) == "GET /café/a~b"


@pytest.mark.parametrize("path", [b"/a/%ff", b"/%00", b"/%zz", b"/unknown/%0a"])
def test_unreadable_path_is_a_400_whatever_the_routes(path):
    assert refusal(routed("GET /a/{b}"), "GET", path).status == 400


def test_same_shape_twice_is_a_conflict_of_both_patterns():
    router = routed("GET /user/{id:int}")
    conflict = router.add("GET", parse_pattern("/user/{user_id:int}"), "second")

    assert isinstance(conflict, Conflict)
    assert (str(conflict.existing), str(conflict.pattern)) == ("/user/{id:int}", "/user/{user_id:int}")
    assert target(router, "GET", b"/user/1") == "GET /user/{id:int}"


# ── against a model ────────────────────────────────────────────────────────────────────────────────

SEGMENTS = st.sampled_from(["a", "b", "{i:int}", "{u:uuid}", "{s}"])
TEXTS = st.sampled_from(["a", "b", "7", UUID.lower(), "x", ""])
RANK = {ParameterType.INT: 1, ParameterType.UUID: 2, ParameterType.STR: 3, ParameterType.PATH: 4}


def fits(segment, text):
    if isinstance(segment, str):
        return segment == text
    if segment.type is ParameterType.INT:
        return text == "7"
    if segment.type is ParameterType.UUID:
        return text == UUID.lower()
    return text != ""


def named(pieces, last):
    renamed = [piece.replace("{", f"{{p{i}") for i, piece in enumerate(pieces)]
    return "/" + "/".join([*renamed, *(["{rest:path}"] if last else [])])


def expected(patterns, texts):
    """The pattern that the rule of order picks, by trying all of them."""
    candidates = []
    for pattern in patterns:
        segments = pattern.segments
        rest = bool(segments) and getattr(segments[-1], "type", None) is ParameterType.PATH
        head = segments[:-1] if rest else segments
        if rest and (len(texts) < len(segments) or not "/".join(texts[len(head) :])):
            continue
        if not rest and len(texts) != len(segments):
            continue
        if all(map(fits, head, texts)):
            ranks = [RANK.get(getattr(segment, "type", None), 0) for segment in segments]
            candidates.append((ranks, pattern.text))
    return min(candidates)[1] if candidates else None


@given(
    st.lists(st.tuples(st.lists(SEGMENTS, min_size=1, max_size=3), st.booleans()), min_size=1, max_size=12),
    st.lists(TEXTS, min_size=1, max_size=4),
)
def test_trie_finds_what_trying_every_route_finds(shapes, texts):
    router, patterns, seen = Router(), [], set()
    for pieces, last in shapes:
        pattern = parse_pattern(named(pieces, last))
        if pattern.shape not in seen:
            seen.add(pattern.shape)
            patterns.append(pattern)
            assert router.add("GET", pattern, pattern.text) is None

    found = router.match("GET", ("/" + "/".join(texts)).encode())

    assert (found.target if isinstance(found, Match) else None) == expected(patterns, texts)


def test_cost_does_not_depend_on_the_number_of_routes():
    def cost(router):
        return min(timeit.repeat(lambda: router.match("GET", b"/s0/items/7"), number=2000, repeat=7))

    few = routed("GET /s0/items/{id:int}")
    many = routed(
        *(f"GET /s{n}/{kind}/{{id:int}}" for n, kind in itertools.product(range(500), ("items", "x")))
    )

    assert cost(many) < 3 * cost(few)
