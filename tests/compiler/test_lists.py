"""``for_each`` and ``batch`` as they are compiled: what becomes a call, and what shares one."""

import json

import pytest

from gateway.compiler.identity import identifying_requests
from gateway.compiler.lists import ListTemplate, Rendering
from gateway.compiler.names import Names
from gateway.compiler.request import RequestTemplate
from gateway.config import load_text
from gateway.outcome import Cause, Failure, Success
from tests.support.compiled import messages, route
from tests.support.templates import read, scope

ORDERS = b'{"items": [{"id": 1, "shop": "a"}, {"id": 2, "shop": "b"}, {"id": 1, "shop": "c"}]}'
PAGE = """
upstreams: {{ u: {{ url: "http://127.0.0.1:1" }} }}
routes:
  GET /{{who}}:
    steps:
      orders: {{ get: u/orders }}
      s: {{ {settings} }}
"""


def step(settings):
    return load_text(PAGE.format(settings=settings), {}).config.routes["GET /{who}"].steps["s"]


class Compiled:
    """A step ``s`` beside a step ``orders``; ``payload`` renders what it asks for in one request."""

    def __init__(self, settings, who="ann", headers=(), query=b""):
        spec = step(settings)
        self.names = Names({"who": "str"}, ["orders", "s"])
        self.lists = ListTemplate(self.names, spec)
        assert not self.lists.faults, [str(fault) for fault in self.lists.faults]
        call = RequestTemplate(self.lists.names, spec.method, spec.path, spec.query, spec.headers)
        assert not call.faults
        identify = identifying_requests("u http://127.0.0.1:1")
        rendering = Rendering(call.compiled(), None if spec.batch else identify, identify)
        self.prepare, self.identify = self.lists.compiled(rendering, call.uses)
        self.inputs = read(self.names, {"who": who}, query, headers)

    def payload(self, orders=ORDERS, s=None):
        return self.prepare(scope(self.inputs, [orders, s]))

    def targets(self, orders=ORDERS):
        return [item.payload.target for item in self.payload(orders)]


EACH = 'for_each: "{orders.items}", get: "u/{who}/{item.id}?shop={item.shop}"'
KEYED = 'for_each: "{orders.items}", get: "u/bulk?ids={keys}", batch: { key: "{item.id}" }'
ALONE = (
    'get: "u/bulk?ids={keys}", headers: { authorization: "{header.authorization}" }, batch: { key: "{who}" }'
)


def test_every_item_is_a_call_of_its_own():
    assert Compiled(EACH).targets() == [b"/ann/1?shop=a", b"/ann/2?shop=b", b"/ann/1?shop=c"]


def test_equal_items_have_one_identity():
    items = Compiled('for_each: "{orders.items}", get: "u/{item.id}"').payload()

    assert items[0].identity == items[2].identity != items[1].identity
    assert len(items[0].identity) == 32


def test_item_without_a_field_that_its_path_needs_is_skipped_alone():
    items = Compiled(EACH).payload(b'{"items": [{"id": 1, "shop": "a"}, {"shop": "b"}, 3]}')

    assert [isinstance(item.payload, Failure) for item in items] == [False, True, True]
    assert (items[1].payload.cause, items[1].payload.detail) == (Cause.SKIPPED, "{item.id} is missing")


def test_items_may_be_values_and_the_list_the_whole_answer():
    assert Compiled('for_each: "{orders}", get: "u/{item}"').targets(b'[1, "x y"]') == [b"/1", b"/x%20y"]


@pytest.mark.parametrize(
    ("orders", "detail"),
    [
        (b"{}", "{orders.items} is missing"),
        (b'{"items": null}', "{orders.items} is missing"),
        (b'{"items": {"id": 1}}', "{orders.items} is not of the kind list of values"),
        (b'{"items": "text"}', "{orders.items} is not of the kind list of values"),
    ],
)
def test_what_is_no_list_skips_the_step(orders, detail):
    failure = Compiled(EACH).payload(orders)

    assert (failure.cause, failure.detail) == (Cause.SKIPPED, detail)


def test_list_with_a_default_is_empty_where_there_is_none():
    compiled = Compiled('for_each: "{orders.items | []}", get: "u/{item.id}"')

    assert compiled.payload(b"{}") == []
    assert compiled.payload(Failure(Cause.TIMEOUT)) == []


def test_list_that_is_too_long_makes_no_call():
    failure = Compiled('for_each: { of: "{orders.items}", max_items: 2 }, get: "u/{item.id}"').payload()

    assert (failure.cause, failure.detail) == (
        Cause.TOO_LARGE,
        "{orders.items} has 3 items, `max_items` is 2",
    )


def test_empty_list_has_no_calls():
    assert Compiled(EACH).payload(b'{"items": []}') == []


def test_list_of_a_request_is_an_input_that_must_be_there():
    compiled = Compiled(
        'for_each: { of: "{query.ids[]:int}", max_items: 5 }, get: "u/{item}"', query=b"ids=7&ids=8"
    )

    (wanted,) = compiled.names.table.inputs()
    assert (wanted.many, wanted.most, wanted.required, wanted.type) == (True, 5, True, "int")
    assert compiled.targets() == [b"/7", b"/8"]


def test_calls_of_one_batch_have_one_group_whatever_their_key():
    one, two, three = (item.payload for item in Compiled(KEYED).payload())

    assert one.group == two.group == three.group
    assert [one.text, two.text, three.text] == ["1", "2", "1"]
    assert one.render([b"1", b"2"]).target == b"/bulk?ids=1%2C2"


def test_equal_keys_have_one_identity():
    one, two, three = Compiled(KEYED).payload()

    assert one.identity == three.identity != two.identity


def test_what_else_an_item_says_tells_its_batch_from_others():
    settings = 'for_each: "{orders.items}", get: "u/{item.shop}?ids={keys}", batch: { key: "{item.id}" }'
    one, two, three = (item.payload for item in Compiled(settings).payload())

    assert len({one.group, two.group, three.group}) == 3
    assert two.render([b"2"]).target == b"/b?ids=2"
    assert one.render([b"1", b"9"]).target == b"/a?ids=1%2C9"


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_what_a_client_says_of_itself_tells_its_batch_from_others(who):
    ours = Compiled(ALONE, who, [(b"authorization", b"Bearer a")]).payload()
    same = Compiled(ALONE, "eve", [(b"authorization", b"Bearer a")]).payload()
    other = Compiled(ALONE, who, [(b"authorization", b"Bearer b")]).payload()

    assert ours.group == same.group != other.group
    assert ours.text == who


def test_batches_that_are_taken_apart_otherwise_are_others():
    plain = Compiled(KEYED).payload()[0].payload
    by_id = Compiled(KEYED.replace('"{item.id}"', '"{item.id}", by: id')).payload()[0].payload

    assert plain.group != by_id.group


def test_keys_are_a_list_in_json_and_repeated_in_a_query():
    settings = 'for_each: "{orders.items}", get: "u/bulk?id={keys[]}", batch: { key: "{item.id}" }'

    assert Compiled(settings).payload()[0].payload.render([b"1", b'"a,b"']).target == b"/bulk?id=1&id=a%2Cb"


def test_key_with_a_comma_is_skipped_where_keys_are_joined():
    orders = json.dumps({"items": [{"id": "1,2"}]}).encode()
    repeated = KEYED.replace("{keys}", "{keys[]}")

    assert Compiled(KEYED).payload(orders)[0].payload.cause is Cause.SKIPPED
    assert Compiled(repeated).payload(orders)[0].payload.text == "1,2"


@pytest.mark.parametrize(
    ("written", "key", "skipped"),
    [
        ("{keys | join('-')}", "a-b", True),
        ("{keys | join('-')}", "a,b", False),
        ("{keys | join}", "a,b", True),
        ("{keys | first}", "a,b", False),
    ],
)
def test_key_with_what_a_function_joins_by_is_skipped(written, key, skipped):
    orders = json.dumps({"items": [{"id": key}]}).encode()

    (item,) = Compiled(KEYED.replace("{keys}", written)).payload(orders)

    assert isinstance(item.payload, Failure) is skipped


@pytest.mark.parametrize("key", ["null", "{}", "[1]"])
def test_item_without_a_key_is_skipped_alone(key):
    items = Compiled(KEYED).payload(b'{"items": [{"id": %s}, {"id": 2}]}' % key.encode())

    assert items[0].payload.cause is Cause.SKIPPED
    assert items[1].payload.text == "2"


def test_item_without_a_key_is_null_where_the_key_may_be():
    settings = KEYED.replace("{item.id}", "{item.id | null}")

    (item,) = Compiled(settings).payload(b'{"items": [{}]}')

    assert (item.payload.key, item.identity) == (None, None)


@pytest.mark.parametrize(
    ("written", "key", "skipped"),
    [
        ("u/a/{keys}", "a/b", True),
        ("u/a/{keys}", "..", True),
        ("u/a/{keys}", "b", False),
        ("u/a?x={keys[]:int}", "b", True),
        ("u/a?x={keys[]:int}", 7, False),
        ("u/a?x={keys[]:uuid}", "0af76519-16cd-43dd-8448-eb211c80319c", False),
        ("u/a?x={keys[]:uuid}", "b", True),
    ],
)
def test_key_that_could_not_be_asked_for_alone_is_skipped_and_harms_no_other(written, key, skipped):
    orders = json.dumps({"items": [{"id": key}]}).encode()

    (item,) = Compiled(KEYED.replace("u/bulk?ids={keys}", written)).payload(orders)

    assert isinstance(item.payload, Failure) is skipped


def test_key_of_a_step_alone_has_an_identity_of_its_own():
    compiled = Compiled(ALONE, headers=[(b"authorization", b"a")])
    other = Compiled(ALONE, "bob", headers=[(b"authorization", b"a")])
    named = [each.identify(scope(each.inputs, []), each.payload()) for each in (compiled, other)]

    assert named[0] != named[1]


def test_item_and_keys_are_no_edges():
    compiled = Compiled(KEYED)

    assert {use.step for use in compiled.lists.uses if use.local is None} == {0}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('for_each: "orders", get: u/a', "`for_each` is one reference to a list"),
        ('for_each: "{orders} {who}", get: u/a', "`for_each` is one reference to a list"),
        ('for_each: "{who}", get: u/a', "the path parameter `who` is one text, not a list"),
        ('for_each: "{query.a | lower}", get: u/a', "what its functions give is a text, not a list"),
        ('for_each: "{item}", get: u/a', "`{item}` is known in the call of a step with `for_each` alone"),
        ('get: "u/{item}"', "`{item}` is known in the call of a step with `for_each` alone"),
        ('get: "u/{keys}"', "nothing is called `keys`"),
        ('get: u/a, batch: { key: "{who}" }', "the call does not say which keys it asks for"),
        ('get: "u/{keys}", batch: { key: who }', "`key` is one reference to what is asked for"),
        ('get: "u/{keys}", batch: { key: "{query.a[]}" }', "a list cannot be written as one text"),
        (
            'post: "u/{keys}", batch: { key: "{who}" }',
            "`batch` is for calls that can be equal, and this one cannot",
        ),
        (
            'for_each: { of: "{orders}", concurrency: 5 }, get: "u/{keys}", batch: { key: "{item}" }',
            "with `batch` all items are asked for at once, so `concurrency` bounds nothing",
        ),
        (
            'get: "u/{keys}", batch: { key: "{who}" }, fallback: "{keys}"',
            "nothing is called `keys`",
        ),
    ],
)
def test_contradictions_are_faults(settings, message):
    assert messages(PAGE.format(settings=settings)) == [message]


def test_name_of_what_is_gathered_cannot_be_a_step_of_its_route():
    text = PAGE.format(settings='get: "u/{keys}", batch: { key: "{who}" }').replace("orders:", "keys:")

    assert messages(text) == ["`keys` is a step of this route, and what a batch asks for"]


@pytest.mark.parametrize("of_another", [True, False])
def test_list_that_is_a_clients_own_is_part_of_what_names_its_items(of_another):
    made = route(
        "GET /x",
        "{ steps: { me: { get: users/me, headers: { authorization: '{header.authorization}' } },"
        " x: { for_each: '{me.items}', get: 'users/i/{item.id}',"
        " cache: { ttl: 1s, key: ['{query.page | 1}'] } } } }",
    )
    step = made.plan.steps[1]
    inputs = made.read_inputs({}, b"", [(b"authorization", b"a")], None)
    lists = [
        b'{"items": [{"id": 1}]}',
        b'{"items": [{"id": 2}]}' if of_another else b'{"items": [{"id": 1}]}',
    ]

    identities = [step.prepare(scope(inputs, [each, None]))[0].identity for each in lists]

    assert (identities[0] != identities[1]) is of_another


def test_steps_that_are_read_have_ended():
    assert Compiled(EACH).payload(Success(ORDERS))[0].payload.method == "GET"
