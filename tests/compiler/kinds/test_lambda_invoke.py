"""Functions by their name as upstreams: what is sent for a step, and what calls are equal."""

import json

import pytest

from tests.support.compiled import compiled, messages

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:score"


class Read:
    """A request of which a payload reads *inputs*."""

    def __init__(self, *inputs):
        self.inputs, self.outcomes = inputs, ()


def config(said, step="upstream: f"):
    routes = f"routes: {{ GET /x: {{ steps: {{ a: {{ {step} }} }} }} }}"
    return f"upstreams: {{ f: {{ lambda: {said} }} }}\n{routes}\n"


def route(step, said="{ function: score, region: eu-west-1, qualifier: live }"):
    return compiled(config(said, step)).routes["GET /x"]


def payload(step, *inputs, **how):
    return route(step, **how).plan.steps[0].prepare(Read(*inputs))


def test_an_invocation_says_function_kind_and_qualifier():
    sent = payload("upstream: f")

    assert (sent.method, sent.body, sent.envelope) == ("POST", b"{}", False)
    assert sent.target == b"/2015-03-31/functions/score/invocations?Qualifier=live"
    assert b"x-amz-invocation-type: RequestResponse\r\n" in sent.headers


def test_a_step_may_say_another_qualifier_and_that_it_is_an_event():
    sent = payload("upstream: f, invocation: event, qualifier: $LATEST, envelope: on")

    assert sent.target.endswith(b"?Qualifier=%24LATEST")
    assert b"x-amz-invocation-type: Event\r\n" in sent.headers
    assert sent.envelope


def test_an_arn_is_one_segment():
    sent = payload("upstream: f", said=f'"{ARN}"')

    assert sent.target == (
        b"/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Ascore/invocations"
    )


def test_what_stands_in_a_payload_stays_a_value():
    sent = payload('upstream: f, payload: { id: "{query.id:int}", "name": "{query.n}" }', "7", 'a"b')

    assert json.loads(sent.body) == {"id": 7, "name": 'a"b'}


def test_a_call_is_not_repeated_unless_the_step_says_so():
    assert not route("upstream: f").plan.steps[0].repeatable
    assert route("upstream: f, repeatable: true").plan.steps[0].repeatable


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("upstream: f, payload: { a: '{stepp.b}' }", ["nothing is called `stepp`"]),
        (
            "upstream: f, retry: { attempts: 2 }",
            ["`retry` is for calls that may be sent twice, and this one may not"],
        ),
    ],
)
def test_faults_have_their_places(step, told):
    assert messages(config(f"'{ARN}'", step)) == told


def test_equal_calls_are_equal_and_others_are_not():
    shared = "upstream: f, repeatable: true, coalesce: on, payload: { id: '{query.id}' }"
    step = route(shared).plan.steps[0]
    seen = [step.identify(Read(each), step.prepare(Read(each))) for each in ("1", "1", "2")]
    wrapped = route(f"{shared}, envelope: on").plan.steps[0]

    assert seen[0] == seen[1] != seen[2]
    assert wrapped.identify(Read("1"), wrapped.prepare(Read("1"))) != seen[0]


def test_where_it_is_is_told_without_secrets():
    keys = "credentials: { access_key_id: a, secret_access_key: hidden }"
    upstream = compiled(config(f"{{ function: score, region: eu-west-1, {keys} }}")).upstreams["f"]

    assert upstream.address == "score at https://lambda.eu-west-1.amazonaws.com"
    assert "hidden" not in repr((upstream, upstream.details(), upstream.reached, upstream.identity))


def test_china_has_a_domain_of_its_own():
    upstream = compiled(config("{ function: score, region: cn-north-1 }")).upstreams["f"]

    assert upstream.address.endswith("https://lambda.cn-north-1.amazonaws.com.cn")
