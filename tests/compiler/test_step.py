"""What a step becomes: whether it may be repeated, and which calls of it are made directly."""

import pytest

from tests.support.compiled import messages, route

USERS = "upstreams: {{ users: {{ url: http://127.0.0.1:9101, {} }} }}\n"


def step(settings, upstream="timeout: 1s", more=""):
    made = route("POST /x", f"{{ steps: {{ a: {{ {settings} }}{more} }} }}", USERS.format(upstream))
    return made.plan.steps[0]


@pytest.mark.parametrize(
    ("call", "repeatable"),
    [
        ("get: users", True),
        ("put: users, json: 1", True),
        ("delete: users", True),
        ("post: users, json: 1", False),
        ("patch: users, json: 1", False),
        ("post: users, json: 1, headers: { Idempotency-Key: k }", True),
        ('post: users, json: 1, headers: { idempotency-key: "{header.idempotency-key}" }', False),
        ("post: users, json: 1, repeatable: true", True),
        ("get: users, repeatable: false", False),
    ],
)
def test_calls_may_be_repeated_by_their_method_their_key_or_by_what_the_step_says(call, repeatable):
    assert step(call).repeatable is repeatable


@pytest.mark.parametrize("key", ["retry", "hedge"])
def test_extra_attempts_of_a_call_that_may_not_be_repeated_are_a_fault(key):
    def told(call):
        return messages(
            USERS.format("timeout: 1s") + f"routes: {{ POST /x: {{ steps: {{ a: {{ {call} }} }} }} }}"
        )

    fault = f"`{key}` is for calls that may be sent twice, and this one may not"
    assert told(f"post: users, json: 1, {key}: on") == [fault]
    assert told(f"post: users, json: 1, {key}: off") == []
    assert told("post: users, json: 1") == []


def test_first_attempts_are_made_directly_where_no_layer_above_needs_more():
    assert step("get: users").direct is not None
    assert step("get: users").direct.following is not None
    assert step("get: users, retry: off").direct.following is None
    assert step("get: users").direct.races is None


def test_hedged_first_attempts_are_direct_and_their_hedges_take_the_plain_form():
    hedged = step("get: users, hedge: on")

    assert hedged.direct.races is not None
    assert hedged.direct.inner is not None
    assert step("get: users, hedge: on, retry: off").direct.deposit is not None


@pytest.mark.parametrize("settings", ["coalesce: on", "cache: { ttl: 1s }"])
def test_first_attempts_below_such_layers_take_the_plain_form(settings):
    assert step(f"get: users, {settings}").direct is None


def test_first_attempts_through_httpx_take_the_plain_form():
    assert step("get: users", "transport: httpx").direct is None


def test_timeout_that_does_not_fit_is_shortened():
    assert step("get: users", "timeout: 5s").timeout == pytest.approx(1.6)
    assert step("get: users, timeout: 300ms", "timeout: 5s").timeout == 0.3
