"""Conditions of steps: their grammar, what they read, which edges they make, and what is wrong with them."""

import pytest

from gateway.compiler.names import Edges
from gateway.compiler.references import TemplateFault
from gateway.compiler.when import Condition
from gateway.outcome import Cause, Failure
from tests.support.seeded import seeded
from tests.support.templates import DOWN, names, read, scope

__all__ = ["seeded"]

USER = b'{"tier":"gold","age":41,"tags":["a","b"],"none":null,"nested":{"n":[1,2]}}'


def chosen(text, query=b"", headers=(), outcomes=(USER, b"null"), params=None, path=None):
    known = names(params)
    condition = Condition(known, text)
    inputs = read(known, path=path, query=query, headers=headers)
    return condition.compiled()(scope(inputs, outcomes))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{user.tier} == 'gold'", True),
        ("{user.tier}=='silver'", False),
        ("{user.tier} != 'silver'", True),
        ("{user.age} > 40 and {user.age} <= 41", True),
        ("{user.age} > 40 and {user.tier} == 'x'", False),
        ("{user.tier} == 'x' or {user.age} >= 41", True),
        ("not {user.none}", True),
        ("not ({user.tier} == 'gold' and {user.age} < 10)", True),
        ("not {user.tier} == 'gold'", False),
        ("{user.tier} in ['silver', 'gold']", True),
        ("{user.tier} not in ['silver', 'gold']", False),
        ("'a' in {user.tags}", True),
        ("'z' not in {user.tags}", True),
        ("'a' in {user.tier}", False),
        ("exists {user.tier}", True),
        ("exists {user.none}", False),
        ("exists {user.nothing.at.all}", False),
        ("{user.none} == null", True),
        ("{user.nested.n[1]} == 2", True),
        ("{user.nested} == null", False),
        ("{user.tags | length} == 2", True),
        ("{user.tier | upper} == 'GOLD'", True),
        ("{user.missing | 7} == 7", True),
        ("exists {user}", True),
        ("exists {orders}", False),
        ("true", True),
        ("false or null", False),
        ("[] == []", True),
        ("{user.tier}\n  == 'gold'\n  and true", True),
        ("{user.tier} == 'go''ld'", False),
        # `and` binds closer than `or`, `not` closer than both
        ("true or false and false", True),
        ("not true or true", True),
    ],
)
def test_condition_holds(text, expected):
    assert chosen(text) is expected


def test_condition_reads_the_clients_request():
    assert chosen("{query.full:bool}", query=b"full=true")
    assert not chosen("{query.full:bool}", query=b"full=false")
    assert not chosen("{query.full:bool}")
    assert chosen("{query.page:int} > 2", query=b"page=3")
    assert chosen("{header.x-plan} == 'pro'", headers=[(b"x-plan", b"pro")])
    assert chosen("'b' in {query.tag[]}", query=b"tag=a&tag=b")
    assert chosen("{id} != 7", params={"id": "int"}, path={"id": "8"})


def test_missing_request_part_is_null_and_no_fault():
    assert chosen("{query.a} == null and not {query.b} and {query.c} != 'x'")


def test_value_of_another_type_than_its_reference_says_is_missing():
    assert not chosen("exists {user.tier:int}")


@pytest.mark.parametrize("text", ["(" * 5000, "not " * 5000 + "true", "[" * 5000])
def test_no_condition_is_too_deep_to_be_told(text):
    with pytest.raises(TemplateFault):
        Condition(names(), text)


def test_any_text_is_a_condition_or_a_fault(seeded):
    pieces = [
        "{user.a}",
        "{query.b:int | 1}",
        "'x'",
        "1",
        "true",
        "not",
        "and",
        "or",
        "in",
        "exists",
        "==",
        "<",
    ]
    pieces += ["(", ")", "[", "]", ",", " ", "{", "}", "'", "é", "\n", "{user.t | lower}", "null"]
    for _ in range(2000):
        text = " ".join(seeded.choice(pieces) for _ in range(seeded.randrange(1, 9)))
        try:
            condition = Condition(names(), text)
        except TemplateFault as fault:
            assert 0 <= fault.offset <= len(text)
        else:
            assert condition.compiled()(scope([None] * 9, (USER, b"null"))) in {True, False}


def test_reference_is_an_edge_and_with_a_default_a_soft_one():
    def edges(text):
        return Edges.of(Condition(names(), text).uses)

    assert edges("{user.tier} == 'gold'") == Edges(needs=frozenset({0}))
    assert edges("{user.tier | null} == 'gold'") == Edges(awaits=frozenset({0}))
    assert edges("{user.a} or {orders.b | 1}") == Edges(frozenset({0}), frozenset({1}))


def test_default_decides_for_a_step_that_failed():
    assert chosen("{user.tier | 'none'} == 'none'", outcomes=(DOWN, b"1"))
    assert not chosen("exists {user | null}", outcomes=(Failure(Cause.FAILED), b"1"))


@pytest.mark.parametrize("written", [True, False])
def test_boolean_decides_alone(written):
    assert chosen(written) is written


@pytest.mark.parametrize(
    ("text", "offset", "message", "hint"),
    [
        ("", 0, "an empty condition", "write a reference, or a comparison"),
        ("  ", 0, "an empty condition", "write a reference, or a comparison"),
        ("{user.tier} = 'gold'", 12, "expected `and` or `or`, not `=`", ""),
        ("{user.tier} == gold", 15, "expected a value, not `gold`", "texts stand in single quotes"),
        ("{user.tier} ==", 13, "expected a value at the end", "texts stand in single quotes"),
        ("user.tier == 'a'", 0, "expected a value, not `user`", "references stand in braces: {user…}"),
        ("query.x", 0, "expected a value, not `query`", "references stand in braces: {query…}"),
        ("{user.a} and nott {user.b}", 13, "expected a value, not `nott`", "did you mean `not`?"),
        ("{user.a} und {user.b}", 9, "expected `and` or `or`, not `und`", ""),
        ("({user.a}", 8, "expected `)` at the end", ""),
        ("{user.a} in 'a'", 12, "`in` looks into a list", "write in ['a', 'b']"),
        ("{user.a} in ['a' 'b']", 17, "expected `,` or `]`, not `'`", ""),
        ("exists 'a'", 7, "expected a reference, not `'`", "write exists {name}"),
        ("{user.a} == 'x", 12, "the quote is never closed", ""),
        ("{usr.a}", 1, "nothing is called `usr`", "did you mean `user`?"),
        ("{steps}", 1, "`{steps}` may stand only in `respond`", "name one step"),
        ("{query.n} == 5", 1, "`query.n` is a text, and never a number", "write {query.n:int}"),
        ("{query.n} in [1, 2]", 1, "`query.n` is a text, and never a number", "write {query.n:int}"),
        ("true == {query.n}", 9, "`query.n` is a text, and never a boolean", "write {query.n:bool}"),
    ],
)
def test_faults_say_what_and_where(text, offset, message, hint):
    with pytest.raises(TemplateFault) as caught:
        Condition(names(), text)

    assert (caught.value.message, caught.value.offset) == (message, offset)
    assert caught.value.hint.startswith(hint)
