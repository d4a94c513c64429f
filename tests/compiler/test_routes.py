"""A route's spec becomes a plan: edges, time, what is required, what may be repeated, what stands in."""

import pytest

from gateway.outcome import Cause, Failure, Freshness, Success
from tests.support.compiled import USERS, messages, route
from tests.support.templates import DOWN, scope

TWO_UPSTREAMS = """
upstreams:
  users: { url: http://127.0.0.1:9101 }
  slow: { url: http://127.0.0.1:9102, timeout: 5s }
"""


def plan(settings, key="GET /x/{id:int}", **more):
    return route(key, settings, **more).plan


def step(settings, key="GET /x/{id:int}", beside="", **more):
    """The step ``a`` with these settings; *beside* are further steps of its route."""
    return plan(f"{{ steps: {{ a: {settings}{beside} }} }}", key, **more).steps[0]


def faults(settings, key="GET /x/{id:int}"):
    return messages(f"{USERS}routes:\n  {key}: {settings}\n")


def test_reference_to_a_step_is_an_edge():
    steps = plan('{ steps: { a: { get: users/me }, b: { get: "users/{a.id}" } } }').steps

    assert [(each.needs, each.awaits) for each in steps] == [((), ()), ((0,), ())]


def test_reference_with_a_default_is_a_soft_edge():
    steps = plan("{ steps: { a: { get: users/me }, b: { get: \"users/{a.id | 'me'}\" } } }").steps

    assert (steps[1].needs, steps[1].awaits) == ((), (0,))


def test_steps_keep_the_order_in_which_they_are_written():
    steps = plan('{ steps: { b: { get: "users/{a.id}" }, a: { get: users/me } } }').steps

    assert [(each.name, each.index, each.needs) for each in steps] == [("b", 0, (1,)), ("a", 1, ())]


def test_only_step_is_required():
    assert step("{ get: users }").required


def test_only_step_may_say_that_it_is_not_required():
    assert not step("{ get: users, required: false }").required


def test_one_of_several_steps_is_optional_unless_it_says_otherwise():
    assert not step("{ get: users }", beside=", b: { get: users }").required
    assert step("{ get: users, required: true }", beside=", b: { get: users }").required


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_call_whose_method_may_be_sent_twice_is_repeatable(method):
    assert step(f"{{ {method}: users/me }}").repeatable


@pytest.mark.parametrize("method", ["post", "patch"])
def test_call_whose_method_may_not_be_sent_twice_is_not(method):
    assert not step(f"{{ {method}: users/me }}").repeatable


def test_call_that_always_carries_an_idempotency_key_is_repeatable():
    assert step('{ post: users, headers: { Idempotency-Key: "order-{id}" } }').repeatable


def test_idempotency_key_that_a_client_may_leave_away_makes_no_call_repeatable():
    assert not step('{ post: users, headers: { idempotency-key: "{header.idempotency-key}" } }').repeatable


def test_idempotency_key_with_a_default_makes_a_call_repeatable():
    assert step("{ post: users, headers: { idempotency-key: \"{header.key | 'none'}\" } }").repeatable


@pytest.mark.parametrize(("method", "says"), [("post", "true"), ("get", "false")])
def test_step_may_say_whether_it_is_repeatable(method, says):
    assert step(f"{{ {method}: users, repeatable: {says} }}").repeatable is (says == "true")


def test_timeout_of_a_step_is_its_upstreams():
    assert step("{ get: users }").timeout == 1.0


def test_step_may_have_a_timeout_of_its_own():
    assert step("{ get: users, timeout: 300ms }").timeout == 0.3


def test_timeout_of_an_upstream_at_or_above_the_time_limit_is_shortened():
    made = route(
        "GET /x", "{ time_limit: 1s, steps: { a: { get: users }, b: { get: slow } } }", TWO_UPSTREAMS
    )

    assert [each.timeout for each in made.plan.steps] == [0.8, 0.8]
    assert [facts.shortened for facts in made.facts] == [True, True]


def test_timeout_that_is_off_is_what_the_time_limit_allows():
    assert step("{ get: users, timeout: off }").timeout == pytest.approx(1.6)


def test_fallback_stands_in_and_names_the_failure():
    stood_in = step("{ get: users, fallback: { tags: [1] } }").stand_in(DOWN, [])

    assert (stood_in.body, stood_in.freshness, stood_in.cause) == (
        b'{"tags":[1]}',
        Freshness.FALLBACK,
        Cause.TIMEOUT,
    )


def test_fallback_null_is_a_fallback():
    assert step("{ get: users, fallback: null }").stand_in(DOWN, []).body == b"null"


def test_fallback_may_read_the_request():
    made = route("GET /x/{id:int}", '{ steps: { a: { get: users, fallback: { id: "{id}" } } } }')

    inputs = made.read_inputs({"id": "7"}, b"", [], None)

    assert made.plan.steps[0].stand_in(DOWN, inputs).body == b'{"id":7}'


def test_step_without_a_fallback_has_no_stand_in():
    assert step("{ get: users }").stand_in is None


def test_prepared_call_goes_below_the_base_path():
    made = step(
        '{ get: "users/{id}?full=1" }', upstreams="upstreams: { users: { url: http://a.example/v1/ } }\n"
    )

    request = made.prepare(scope(["7"]))

    assert (request.method, request.target) == ("GET", b"/v1/7?full=1")


def test_call_of_the_base_path_itself_keeps_its_slash():
    made = step("{ get: users }", upstreams="upstreams: { users: { url: http://a.example/v1/ } }\n")

    assert made.prepare(scope(["7"])).target == b"/v1/"


def test_answer_without_respond_is_every_part_by_its_name():
    merge = plan("{ steps: { a: { get: users }, b: { get: users } } }").merge

    assert merge(scope([], [b"1", DOWN])) == b'{"a":1,"b":null}'


def test_answer_is_what_respond_says():
    merge = plan('{ steps: { a: { get: users } }, respond: { who: "{a.name}", all: "{steps}" } }').merge

    assert merge(scope([], [b'{"name":"x"}'])) == b'{"who":"x","all":{"a":{"name":"x"}}}'


def test_merged_answer_takes_its_steps_in_the_order_given():
    merge = plan(
        "{ steps: { a: { get: users }, b: { get: users } }, merge: { steps: [b, a], on_conflict: first } }"
    ).merge

    assert merge(scope([], [b'{"x":1}', b'{"x":2,"y":3}'])) == b'{"x":2,"y":3}'


def test_merged_answer_in_conflict_is_a_failure():
    merge = plan("{ steps: { a: { get: users }, b: { get: users } }, merge: { steps: [a, b] } }").merge

    assert merge(scope([], [b'{"x":1}', b'{"x":2}'])).cause is Cause.UNREADABLE


def test_type_written_in_one_template_holds_in_all():
    made = route("GET /x", '{ steps: { a: { get: "users?n={query.n:int}" } }, respond: { n: "{query.n}" } }')

    inputs = made.read_inputs({}, b"n=5", [], None)

    assert made.plan.merge(scope(inputs, [b"1"])) == b'{"n":5}'


def test_route_reads_a_body_only_if_a_template_does():
    assert not route("POST /x", "{ steps: { a: { post: users } } }").reads_body
    assert route("POST /x", '{ steps: { a: { post: users, json: "{body.x}" } } }').reads_body


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ("{}", False),
        ('{ authorization: "Bearer secret" }', False),
        ('{ authorization: "{header.Authorization}" }', True),
        ('{ x-session: "{cookie.session}" }', True),
        ('{ x-tenant: "{header.x-tenant}" }', False),
    ],
)
def test_step_that_sends_what_identifies_the_client_is_known(headers, own):
    made = route("GET /x", f"{{ steps: {{ a: {{ get: users, headers: {headers} }} }} }}")

    assert made.facts[0].own_credentials is own


def test_statuses_that_mean_nothing_are_answered_by_the_step_not_by_its_upstream():
    made = route("GET /x", "{ steps: { a: { get: users, nothing_on: [404] }, b: { get: users } } }")

    assert "nothing on 404" in made.facts[0].layers
    assert "nothing on 404" not in made.facts[1].layers


def test_unknown_upstream_is_a_fault():
    assert faults("{ steps: { a: { get: user/1 } } }") == ["no upstream is called `user`"]


def test_every_fault_of_every_part_of_a_route_is_told():
    told = faults(
        '{ steps: { a: { get: "users/{idd}", headers: { host: x }, fallback: "{b.x}" }, '
        'b: { post: usrs, json: "{steps}" } }, respond: { x: "{c}" } }'
    )

    assert told == [
        "nothing is called `idd`",
        "`host` is set by the gateway itself",
        "a fallback may read the request, not the step `b`",
        "no upstream is called `usrs`",
        "`{steps}` may stand only in `respond`",
        "nothing is called `c`",
    ]


def test_steps_that_wait_for_each_other_are_a_fault():
    told = faults('{ steps: { a: { get: "users/{b.x}" }, b: { get: "users/{a.x}" } } }')

    assert told == ["these steps wait for each other: a → b → a"]


def test_soft_edges_make_a_cycle_as_well():
    told = faults('{ steps: { a: { get: "users/{b.x | 1}" }, b: { get: "users/{a.x | 1}" } } }')

    assert told == ["these steps wait for each other: a → b → a"]


@pytest.mark.parametrize("name", ["Content-Length", "x-request-id", "Gateway-Degraded", "server-timing"])
def test_header_that_the_gateway_writes_is_a_fault(name):
    told = faults(f"{{ steps: {{ a: {{ get: users }} }}, headers: {{ {name}: x }} }}")

    assert told == [f"the gateway itself writes the header `{name.lower()}`"]


def test_answer_header_that_no_octets_can_carry_is_a_fault():
    told = faults('{ steps: { a: { get: users } }, headers: { x-a: "→" } }')

    assert told == ["the text holds a character that no header can carry"]


def test_wrong_pattern_hides_no_fault_of_its_templates_and_adds_none():
    told = faults('{ steps: { a: { get: "users/{id}/{nummer}" } } }', key="GET /x/{id:float}")

    assert told == ["`float` is not a type of a path parameter", "nothing is called `nummer`"]


@pytest.mark.parametrize("path", ["/health", "/docs/x", "/openapi.json"])
def test_path_of_the_gateway_itself_is_a_fault(path):
    assert len(faults("{ steps: { a: { get: users } } }", key=f"GET {path}")) == 1


def test_skipped_call_names_what_is_missing():
    made = plan('{ steps: { a: { get: users }, b: { get: "users/{a.id}" } } }').steps[1]

    failure = made.prepare(scope([], [Success(b"{}"), None]))

    assert isinstance(failure, Failure)
    assert (failure.cause, failure.detail) == (Cause.SKIPPED, "{a.id} is missing")
