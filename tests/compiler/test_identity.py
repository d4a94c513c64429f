"""Which calls are equal; and that no value can make those of two users so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.compiler.identity import (
    KeyTemplate,
    encoded,
    has_identity,
    identifying_requests,
    is_personal,
    personal_steps,
    personal_uses,
    site_of,
    varying_headers,
)
from gateway.compiler.request import RequestTemplate
from gateway.config import EnvText, StepSpec
from gateway.transport.exchange import Request
from tests.support.templates import DOWN, names, read, scope

BLURRED = st.lists(
    st.sampled_from([b"0", b"1", b"2", b":", b"-", b"=", b"a", b"a:", b"\r", b"\n"]), max_size=6
)
TEXT = BLURRED.map(b"".join) | st.binary(max_size=6)
NAME = st.sampled_from([b"a", b"b", b"ab", b"authorization", b"x-1"])
LINE = st.tuples(NAME, TEXT.filter(lambda text: b"\r" not in text and b"\n" not in text))
LINES = st.lists(LINE.map(b": ".join), max_size=3)
PARTS = st.tuples(st.sampled_from(["GET", "HEAD", "POST"]), TEXT, LINES, TEXT)


def request(method="GET", target=b"/", lines=(), body=b""):
    return Request(method, target, b"".join(line + b"\r\n" for line in lines), body)


def identity(payload, upstream="users", nothing_on=()):
    return identifying_requests(upstream, nothing_on)(scope(), payload)


# ── pieces ──────────────────────────────────────────────────────────────────────────────────────────────


def decoded(text):
    pieces = []
    while text:
        length, _, text = text.partition(b":")
        pieces.append(text[: int(length)])
        text = text[int(length) :]
    return pieces


@given(st.lists(TEXT, max_size=5))
def test_pieces_can_be_told_apart_again(pieces):
    assert decoded(encoded(pieces)) == pieces


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────


@given(PARTS, PARTS)
def test_f5_requests_are_equal_only_if_all_that_is_sent_is(one, other):
    assert (identity(request(*one)) == identity(request(*other))) is (one == other)


@given(PARTS, PARTS, st.integers(0, 3))
def test_f5_requests_that_differ_in_one_part_are_not_equal(one, other, index):
    changed = (*one[:index], other[index], *one[index + 1 :])

    assert (identity(request(*one)) == identity(request(*changed))) is (one == changed)


@given(TEXT, TEXT, TEXT)
def test_f5_no_byte_can_move_from_one_part_into_another(target, line, body):
    lines = [b"a: " + line.translate(None, b"\r\n")]
    whole = target + lines[0] + body
    requests = [
        request(target=target, lines=lines, body=body),
        request(target=target, body=lines[0] + body),
        request(target=target + lines[0], body=body),
        request(target=whole),
        request(body=whole),
    ]

    distinct = {(one.target, one.headers, one.body) for one in requests}
    assert len({identity(one) for one in requests}) == len(distinct)


@given(PARTS, st.text(max_size=4), st.text(max_size=4))
def test_requests_to_different_upstreams_are_never_equal(parts, one, other):
    assert (identity(request(*parts), one) == identity(request(*parts), other)) is (one == other)


def test_what_the_step_makes_of_a_status_tells_calls_apart():
    assert identity(request(), nothing_on=[404]) != identity(request())
    assert identity(request(), nothing_on=[404, 410]) == identity(request(), nothing_on=[410, 404])


def test_trace_request_id_and_time_left_do_not_tell_calls_apart():
    own = [b"traceparent: 1", b"tracestate: 2", b"x-request-id: 3", b"x-request-timeout-ms: 4"]

    assert identity(request(lines=[b"a: 1", *own])) == identity(request(lines=[b"a: 1"]))


def test_no_credential_can_be_read_in_an_identity():
    made = identity(request(lines=[b"authorization: Bearer secret"]))

    assert len(made) == 32
    assert b"secret" not in made


def test_credentials_in_a_header_that_is_left_out_tell_calls_apart_all_the_same():
    known = names()
    template = RequestTemplate(known, "GET", "", headers={"tracestate": "{header.authorization}"})
    identify = identifying_requests("users", (), personal_uses(template.uses, frozenset()))
    prepare = template.compiled()

    def of(user):
        client = scope(read(known, headers=[(b"authorization", user)]))
        return identify(client, prepare(client))

    assert of(b"ann") != of(b"bob")
    assert of(b"ann") == of(b"ann")


@pytest.mark.parametrize(
    ("method", "repeatable", "has"),
    [
        ("GET", None, True),
        ("HEAD", None, True),
        ("GET", False, False),
        ("POST", None, False),
        ("POST", True, True),
        ("OPTIONS", None, False),
        ("PUT", None, False),
        ("PUT", True, False),
        ("DELETE", True, False),
    ],
)
def test_only_reads_have_an_identity(method, repeatable, has):
    assert has_identity(method, repeatable) is has


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────


class Keyed:
    """A step with a ``key:``; ``of`` is the identity of one client's call."""

    def __init__(self, *key, path="a", params=None, site=b"here", **template):
        self.names = names(params)
        self.request = RequestTemplate(self.names, "GET", path, **template)
        assert not self.request.faults
        self.key = KeyTemplate(self.names, key)
        assert not self.key.faults, [fault.message for fault in self.key.faults]
        self.personal = personal_uses(self.request.uses, frozenset({0}))
        self.site = site

    def of(self, outcomes=(b'{"id":1}', b"{}"), **client):
        identify = self.key.compiled(self.site, self.personal)
        return identify(scope(read(self.names, **client), outcomes), None)


def test_what_is_no_key_does_not_tell_calls_apart():
    keyed = Keyed("{query.page}", path="a", query=[("page", "{query.page}"), ("noise", "{query.noise}")])

    assert keyed.of(query=b"page=1&noise=a") == keyed.of(query=b"page=1&noise=b")
    assert keyed.of(query=b"page=1") != keyed.of(query=b"page=2")


def test_missing_part_of_a_key_is_unlike_every_value():
    keyed = Keyed("{query.page}")
    of = {keyed.of(query=query) for query in (b"", b"page=", b"page=-", b"page=null", b"page=%3D")}

    assert len(of) == 5


def test_default_of_a_key_equals_the_value_that_it_stands_for():
    keyed = Keyed("{query.page | 1}", "{query.tags[]}")

    assert keyed.of(query=b"") == keyed.of(query=b"page=1")
    assert keyed.of(query=b"tags=a&tags=b") != keyed.of(query=b"tags=a")


def test_values_of_a_key_cannot_run_into_each_other():
    keyed = Keyed("{query.a}", "{query.b}")

    assert keyed.of(query=b"a=1&b=23") != keyed.of(query=b"a=12&b=3")
    assert keyed.of(query=b"a=1") != keyed.of(query=b"b=1")


def test_keys_of_two_steps_are_never_equal():
    assert Keyed("{query.a}", site=b"one").of(query=b"a=1") != Keyed("{query.a}", site=b"two").of(
        query=b"a=1"
    )


def test_f5_credentials_that_a_step_sends_are_part_of_every_key():
    keyed = Keyed("{query.a}", headers={"Authorization": "{header.authorization}", "x": "{cookie.sid}"})

    def of(authorization, cookie):
        return keyed.of(query=b"a=1", headers=[(b"authorization", authorization), (b"cookie", cookie)])

    assert of(b"ann", b"sid=1") == of(b"ann", b"sid=1")
    assert len({of(b"ann", b"sid=1"), of(b"bob", b"sid=1"), of(b"ann", b"sid=2"), of(b"ann", b"")}) == 4


def test_f5_what_was_learnt_with_credentials_is_part_of_every_key():
    keyed = Keyed("{query.a}", path="orders/{user.id}/{orders.total | 0}")

    ann = keyed.of(outcomes=[b'{"id":1}', b'{"total":1}'], query=b"a=1")
    assert ann != keyed.of(outcomes=[b'{"id":2}', b'{"total":1}'], query=b"a=1")
    assert ann == keyed.of(outcomes=[b'{"id":1}', b'{"total":2}'], query=b"a=1")


CREDENTIAL = st.sampled_from([b"", b"a", b"b", b"a; sid=b", b"1:a", b"2:ab", b"=a", b"-"])
CLIENT = st.tuples(CREDENTIAL, CREDENTIAL, st.sampled_from([b"", b"p=1", b"p=2", b"p=1%3Aa", b"q=1&p=1"]))


@given(
    CLIENT,
    CLIENT,
    st.lists(
        st.sampled_from(["{query.p}", "{query.q}", "{cookie.sid}", "{header.x}"]), max_size=3, unique=True
    ),
)
def test_f5_no_list_of_keys_makes_calls_of_two_users_equal(one, other, key):
    keyed = Keyed(*key, headers={"authorization": "{header.authorization}", "x": "{cookie.sid}"})

    def of(authorization, sid, query):
        headers = [(b"authorization", authorization)] if authorization else []
        headers += [(b"cookie", b"sid=" + sid)] if sid else []
        values = read(keyed.names, query=query, headers=headers)
        return keyed.of(query=query, headers=headers), [values[use.slot.index] for use in keyed.personal]

    (mine, my_credentials), (theirs, their_credentials) = of(*one), of(*other)

    assert mine != theirs or my_credentials == their_credentials


def test_call_whose_key_cannot_be_read_is_shared_with_nobody():
    assert Keyed("{user.id}").of(outcomes=[DOWN, b"{}"]) is None
    assert Keyed("{user.id | 0}").of(outcomes=[DOWN, b"{}"]) is not None


def test_key_only_awaits_the_steps_it_reads():
    edges = Keyed("{user.id}", "{query.a}").key.edges

    assert (edges.needs, edges.awaits) == (frozenset(), {0})


def test_key_makes_no_input_required():
    keyed = Keyed("{query.a}", "{body.b}")

    assert not any(one.required for one in keyed.names.table.inputs())


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("user_id", "a key is a list of references", "write `{user_id}`"),
        (
            "{query.a}-{query.b}",
            "a key is a list of references",
            "write each reference as an item of its own",
        ),
        ("{nobody}", "nothing is called `nobody`", ""),
        ("{steps}", "`{steps}` may stand only in `respond`", "name one step"),
    ],
)
def test_faults_of_a_key_stand_at_their_item(text, message, hint):
    [fault] = KeyTemplate(names(), ["{query.a}", text]).faults

    assert (fault.message, fault.path) == (message, (1,))
    assert hint in fault.hint


# ── what is personal ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("reference", "personal"),
    [
        ("{header.authorization}", True),
        ("{header.Cookie}", True),
        ("{header.proxy-authorization}", True),
        ("{cookie.sid}", True),
        ("{header.accept}", False),
        ("{query.authorization}", False),
        ("{user.id}", False),
    ],
)
def test_what_identifies_a_client_is_personal(reference, personal):
    [use] = RequestTemplate(names(), "GET", "", query=[("a", reference)]).uses

    assert is_personal(use) is personal


def test_answers_are_personal_if_what_was_asked_is():
    known = names(steps=("me", "orders", "items", "news"))
    paths = ["me", "orders/{me.id}", "items/{orders.first}", "news"]
    headers = [{"authorization": "{header.authorization}"}, {}, {}, {}]
    uses = [
        RequestTemplate(known, "GET", path, headers=lines).uses
        for path, lines in zip(paths, headers, strict=True)
    ]

    personal = personal_steps(uses)

    assert personal == {0, 1, 2}
    assert [len(personal_uses(of_step, personal)) for of_step in uses] == [1, 1, 1, 0]


def test_headers_that_calls_are_not_told_apart_by():
    by_request = varying_headers(["accept-language"], keyed=False)
    by_key = varying_headers(["accept-language"], keyed=True)

    assert b"baggage" in by_request
    assert by_key - by_request == {b"accept-language"}


# ── the places of steps ─────────────────────────────────────────────────────────────────────────────────


def step(path="a/{id}", upstream="users", **rest):
    return StepSpec(upstream=upstream, path=path, **rest)


def test_step_that_is_written_differently_is_another():
    variants = [
        step(),
        step("b/{id}"),
        step(upstream="orders"),
        step(method="HEAD"),
        step(query=(("a", "1"),)),
        step(headers={"a": "1"}),
        step(json={"a": 1}),
        step(json=None),
        step(form={"a": "1"}),
        step(body="a"),
        step(nothing_on=frozenset({404})),
    ]

    sites = [site_of("GET /", "s", one, one.upstream) for one in variants]
    sites += [site_of("GET /a", "s", step(), "users"), site_of("GET /", "t", step(), "users")]
    assert len(set(sites)) == len(variants) + 2
    assert site_of("GET /", "s", step(), "users") == sites[0]


def test_f5_secrets_of_two_deployments_make_two_steps_of_one_text():
    def with_secret(value):
        return step(
            headers={"x-key": EnvText(value, "${KEY}", value)}, json={"a": [EnvText(value, "${KEY}", value)]}
        )

    assert site_of("GET /", "s", with_secret("1"), "u") != site_of("GET /", "s", with_secret("2"), "u")
