"""Placeholders become references, and what ours cannot say is refused."""

import pytest

from gateway.importing.krakend.pattern import Names, Uncarried, called_path, route_pattern

NAMES = Names({"id": "id", "userId": "userId"}, ["user", None, "orders"])


@pytest.mark.parametrize(
    ("path", "pattern", "names"),
    [
        ("/a/{id}", "/a/{id}", {"id": "id"}),
        ("/{query}/x", "/{query_2}/x", {"query": "query_2"}),
        ("/{1st}", "/{parameter_1st}", {"1st": "parameter_1st"}),
        ("/a/", "/a/", {}),
        ("/", "/", {}),
    ],
)
def test_endpoints_path_becomes_a_pattern(path, pattern, names):
    assert route_pattern(path) == (pattern, names)


@pytest.mark.parametrize("path", ["/a/{id}.json", "/a/*", "/{a}-{b}", "/:id"])
def test_path_whose_parameters_are_no_segments_is_refused(path):
    with pytest.raises(Uncarried, match="fills a whole segment"):
        route_pattern(path)


@pytest.mark.parametrize(
    ("pattern", "call", "reads"),
    [
        ("/u/{id}", "u/{id}", []),
        ("/u/{Id}.json?x={userId}&y=1+2", "u/{id}.json?x={userId}&y=1%202", []),
        ("/o/{resp0_address.city}?z={resp2_0}", "o/{user.address.city}?z={orders.0}", [0, 2]),
        ("/o?a={resp0_x y}", "o?a={user['x y']}", [0]),
        ("/o?", "o", []),
        ("", "", []),
    ],
)
def test_url_pattern_becomes_a_call(pattern, call, reads):
    assert called_path(pattern, NAMES) == (call, reads)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("/{nobody}", "nothing here is called `{nobody}`"),
        ("/{JWT.sub}", "nothing here is called `{JWT.sub}`"),
        ("/{resp1_x}", "reads a backend that is not there"),
        ("/{resp7_x}", "reads a backend that is not there"),
        ("/a?{id}=1", "the name of a query parameter is never filled in"),
        ("/a#b", "a fragment is never sent"),
    ],
)
def test_what_a_call_cannot_say_is_refused(pattern, told):
    with pytest.raises(Uncarried) as raised:
        called_path(pattern, NAMES)

    assert told in str(raised.value)
