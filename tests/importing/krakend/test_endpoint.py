"""An endpoint becomes a route, unless it cannot be said or must not be served."""

import pytest

from tests.importing.krakend.samples import backend, endpoint, imported, route_of

VALIDATOR = {"auth/validator": {"alg": "RS256"}}


def test_several_backends_have_the_share_of_the_time_that_krakend_gives_them():
    route, _ = route_of(endpoint(backend(), backend(url_pattern="/c"), timeout="1s"))

    assert route["time_limit"] == "1s"
    assert [step["timeout"] for step in route["steps"].values()] == ["850ms", "850ms"]


def test_one_backend_has_nearly_all_of_the_time():
    route, _ = route_of(endpoint(timeout="1s"))

    assert [step["timeout"] for step in route["steps"].values()] == ["990ms"]


def test_steps_are_named_after_groups_and_paths_and_never_after_parameters():
    same = backend(url_pattern="/users/{users}")
    route, _ = route_of(endpoint(backend(group="me"), same, same, endpoint="/a/{users}"))

    assert list(route["steps"]) == ["me", "users_2", "users_3"]


@pytest.mark.parametrize(
    "guard", ["auth/validator", "github.com/devopsfaith/krakend-jose/validator", "validation/cel"]
)
def test_route_that_lost_its_guard_is_not_served(guard):
    draft, told = imported(endpoint(extra_config={guard: {}}))

    assert not draft.routes
    assert len(told) == 1
    assert told[0].startswith(f'LEFT OUT endpoints[0].extra_config["{guard}"]: GET /a: ')
    assert told[0].endswith("(--allow-unguarded serves it nevertheless)")


def test_guard_of_one_backend_guards_the_route():
    draft, _ = imported(endpoint(backend(), backend(extra_config={"validation/cel": []})))

    assert not draft.routes


def test_guard_of_the_whole_service_guards_every_route():
    draft, told = imported(endpoint(), extra_config={"plugin/http-server": {"name": ["ip-filter"]}})

    assert not draft.routes
    assert told == ["LEFT OUT endpoints[0]: GET /a: what guards the whole service could not be carried"]

    _, told = imported(
        endpoint(), extra_config={"plugin/http-server": {"name": ["ip-filter"]}}, allow_unguarded=True
    )
    assert told[0].startswith('NOT GUARDED extra_config["plugin/http-server"]: every route: the plugin')


def test_what_only_prepares_a_guard_guards_nothing():
    draft, told = imported(endpoint(), extra_config={"auth/revoker": {}, "security/bot-detector": {}})

    assert list(draft.routes) == ["GET /a"]
    assert [line.partition(" extra")[0] for line in told] == ["not carried", "not carried"]


def test_it_is_served_if_its_operator_says_so_and_that_is_told_loudly():
    draft, told = imported(endpoint(extra_config=VALIDATOR), allow_unguarded=True)

    assert list(draft.routes) == ["GET /a"]
    assert told == [
        'NOT GUARDED endpoints[0].extra_config["auth/validator"]: GET /a: tokens are not validated'
    ]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"endpoint": "/a/{x}.json"}, "a parameter fills a whole segment"),
        ({"method": "HEAD"}, "a route has no such method"),
        ({"endpoint": "/health"}, "answers for the gateway itself"),
        ({"endpoint": "a"}, ""),
    ],
)
def test_endpoint_that_cannot_be_a_route_is_left_out(keys, told):
    draft, lines = imported(endpoint(**keys))

    if told:
        assert not draft.routes
        assert told in lines[0]
    else:
        assert list(draft.routes) == ["GET /a"]


def test_endpoints_that_answer_the_same_requests_are_one():
    draft, told = imported(endpoint(endpoint="/{a}"), endpoint(endpoint="/{b}"))

    assert list(draft.routes) == ["GET /{a}"]
    assert told == ["LEFT OUT endpoints[1].endpoint: GET /{b}: GET /{a} answers the same requests"]


def test_lifetime_for_clients_is_a_header_beside_those_of_all_routes():
    route, _ = route_of(
        endpoint(cache_ttl="5m"), extra_config={"security/http": {"frame_deny": True}}, cache_ttl="1h"
    )

    assert route["headers"] == {"x-frame-options": "DENY", "cache-control": "public, max-age=300"}


def test_concurrent_calls_are_a_hedge_at_once_without_a_budget():
    draft, told = imported(endpoint(concurrent_calls=2))

    assert draft.upstreams["h"]["budget"] == "off"
    assert draft.routes["GET /a"]["steps"]["b"]["hedge"] == {"after": "1ms"}
    assert told == []


def test_concurrent_calls_that_cannot_be_are_told():
    assert "2 calls at once in place of 4" in imported(endpoint(concurrent_calls=4))[1][0]
    draft, told = imported(endpoint(concurrent_calls=2, method="POST"))
    assert "hedge" not in draft.routes["POST /a"]["steps"]["b"]
    assert "must not be repeated" in told[0]


def test_rate_limits_and_unknown_extras_are_told():
    extra = {"qos/ratelimit/router": {"max_rate": 1}, "my/own": {}, "proxy": {"shadow": True}}
    _, told = imported(endpoint(extra_config=extra))

    assert [line.partition("]: ")[2] or line.partition(": ")[2] for line in told] == [
        "requests are not limited per second",
        "it has no counterpart",
        "`shadow` of the proxy has no counterpart",
    ]


def test_sequential_steps_wait_for_each_other_also_where_nothing_is_read():
    backends = [
        backend(url_pattern="/one"),
        backend(url_pattern="/two/{resp0_id}"),
        backend(url_pattern="/three/{resp0_id}"),
    ]
    route, _ = route_of(endpoint(*backends, extra_config={"proxy": {"sequential": True}}))

    assert [step.get("when") for step in route["steps"].values()] == [None, None, "{two} != null"]


def test_no_op_passes_on():
    passing = endpoint(
        backend(url_pattern="/b/{id}?x=1", encoding="no-op"),
        endpoint="/a/{id}",
        output_encoding="no-op",
        input_headers=["Authorization", "Host"],
        input_query_strings=["*"],
        cache_ttl="1h",
    )
    route, told = route_of(passing)

    assert route == {
        "proxy": {
            "to": "h/b/{id}?x=1",
            "timeout": "1.98s",
            "forward": {"headers": ["authorization"], "query": "all"},
        }
    }
    assert told == [
        "changed endpoints[0].input_headers: `host` is not passed on: the gateway sends its own, or none"
    ]


def test_keys_that_nobody_reads_are_told_and_comments_are_not():
    strange = backend(timeout="30us", sd_scheme="http") | {"@comment": "x"}
    _, told = route_of(endpoint(strange, shadow=True, **{"@note": "x"}))

    assert told == [
        "not carried endpoints[0].shadow: it has no counterpart",
        (
            "not carried endpoints[0].backend[0].timeout: "
            "a backend's timeout is ignored, as in KrakenD; write it on the step"
        ),
        "not carried endpoints[0].backend[0].sd_scheme: it has no counterpart",
    ]


def test_shortest_timeouts_are_sound_too():
    route, _ = route_of(endpoint(backend(), backend(url_pattern="/c"), timeout="150us"))

    assert route["time_limit"] == "0.15ms"
    assert [step["timeout"] for step in route["steps"].values()] == ["0.127ms"] * 2
