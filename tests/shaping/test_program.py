"""Shapes against their model: the same bytes as decode, shape, encode; anything else ends as unreadable."""

import random

import msgspec
import pytest

from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.shaping.program import shaped_outcome
from gateway.shaping.select import selecting
from tests.support.seeded import seeded
from tests.support.shapes import WrongKind, modelled, shape_of, shaped

__all__ = ["seeded"]

NAMES = ("a", "b", "c", "id")
encode = msgspec.json.Encoder().encode


def document(rng, depth=4):
    """Any JSON, with few names, so that paths meet what they name."""
    kind = rng.random()
    if depth and kind < 0.45:
        return {name: document(rng, depth - 1) for name in rng.sample(NAMES, rng.randrange(len(NAMES) + 1))}
    if depth and kind < 0.75:
        first = document(rng, depth - 1)
        return [first if rng.random() < 0.3 else document(rng, depth - 1) for _ in range(rng.randrange(4))]
    return rng.choice([None, True, False, 0, 1, 7, -2, 2.5, 1e300, "", "7", "x", "Ünïcode", 'q"uo\\te'])


def record(rng):
    """A document of the form that upstreams have: an object with lists of objects."""
    items = [{"id": rng.randrange(5), "a": rng.choice(["x", "y", None]), "b": {"c": n}} for n in range(4)]
    return {"id": 7, "a": items, "b": {"a": items[:2], "c": [[1, 2], [3], 4]}, "c": None}


def path(rng, most=3):
    keys = [rng.choice([*NAMES, *NAMES, "*"]) for _ in range(rng.randrange(1, most + 1))]
    return ".".join(keys)


def names(rng, most=2):
    return ".".join(rng.choice(NAMES) for _ in range(rng.randrange(1, most + 1)))


def stage(rng):
    """One or two keys of a shape, as a configuration has them."""
    mine = {
        "unwrap": lambda: path(rng, 2),
        "flatten": lambda: [path(rng, 2)],
        "sort": lambda: {
            path(rng, 2): [rng.choice(["", "-"]) + names(rng) for _ in range(rng.choice([1, 2]))]
        },
        "limit": lambda: {path(rng, 2): rng.randrange(1, 3)},
        "pick": lambda: picks(rng),
        "omit": lambda: list({path(rng) for _ in range(rng.choice([1, 2]))}),
        "rename": lambda: {".".join([*[path(rng, 2)] * rng.randrange(2), rng.choice(NAMES)]): "new"},
        "set": lambda: {".".join([*[path(rng, 2)] * rng.randrange(2), rng.choice(NAMES)]): document(rng, 1)},
        "group": lambda: {path(rng, 2): names(rng)},
        "wrap": lambda: rng.choice(NAMES),
    }
    return {key: mine[key]() for key in rng.sample(sorted(mine), rng.choice([1, 1, 2, 3]))}


def picks(rng):
    """Paths of which none has names beside stars: the model's."""
    if rng.random() < 0.3:
        return [".".join(["*", names(rng)])]
    return list({".".join([rng.choice(NAMES), *rng.choice([[], ["*", "id"], ["b"]])]) for _ in range(3)})


def expected(body, stages):
    try:
        return encode(modelled(msgspec.json.decode(body), stages))
    except WrongKind:
        return Cause.UNREADABLE


def test_shaped_bytes_are_those_of_decoding_shaping_and_encoding(seeded):
    met = {"shaped": 0, "unreadable": 0}
    for _ in range(4000):
        stages = [stage(seeded) for _ in range(seeded.choice([1, 1, 1, 2]))]
        body = encode(record(seeded) if seeded.random() < 0.5 else document(seeded))
        if _clash(stages):
            continue
        shape = shape_of(**stages[0]) if len(stages) == 1 else shape_of(shape=stages)
        found = shape(body)
        wanted = expected(body, stages)
        met["unreadable" if isinstance(found, Failure) else "shaped"] += 1

        assert (found.cause if isinstance(found, Failure) else found) == wanted, (stages, body)
    assert min(met.values()) > 300, met


def _clash(stages):
    """Picks whose paths are each other's beginnings, or have names beside stars, which the model has not."""
    for each in stages:
        paths = [one.split(".") for one in each.get("pick", ())]
        for a in paths:
            for b in paths:
                at = next((n for n, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]), None)
                if a != b and (at is None or "*" in {a[at], b[at]}):
                    return True
    return False


def test_numbers_keep_their_digits_and_text_its_escapes():
    body = rb'{"id": 7, "amount": 80.00, "big": 12345678901234567890123, "t": "\u00e9\/"}'

    assert shape_of(omit=["id"])(body) == rb'{"amount":80.00,"big":12345678901234567890123,"t":"\u00e9\/"}'


@pytest.mark.parametrize("body", [b"null", b" null ", b"null\n"])
def test_null_stays_null_whatever_its_shape(body):
    for keys in ({"wrap": "a"}, {"pick": ["a"]}, {"select": "a.b"}, {"set": {"a": 1}}, {"sort": "id"}):
        assert shape_of(**keys)(body) == b"null"


def test_part_that_is_not_there_makes_null_of_the_whole_when_unwrapped():
    assert shaped({"a": 1}, unwrap="data.items", wrap="x") is None


@pytest.mark.parametrize("body", [b"1", b'"text"', b"true", b"1e999"])
def test_document_that_is_no_container_has_no_parts(body):
    for keys in ({"pick": ["a"]}, {"omit": ["a"]}, {"rename": {"a": "b"}}, {"sort": "a"}, {"limit": 1}):
        assert shape_of(**keys)(body).cause is Cause.UNREADABLE


MALFORMED = [
    b"",
    b"{",
    b'{"a":1',
    b'{"a":1}x',
    b"{'a':1}",
    b'{"a":nul}',
    b'{"a":NaN}',
    b'["a",]',
    b'{"a":"\xff"}',
    b"\x00",
    b"[" * 2000,
    b'{"a":' * 600 + b"1" + b"}" * 600,
]


@pytest.mark.parametrize("body", MALFORMED)
def test_malformed_bodies_never_become_a_broken_document(body):
    shapes = [
        {"pick": ["a"]},
        {"pick": ["a.b", "*.c"]},
        {"omit": ["a.*.b"]},
        {"rename": {"a": "b"}},
        {"select": "a"},
        {"sort": "a"},
        {"unwrap": "a", "wrap": "b"},
    ]
    for keys in shapes:
        found = shape_of(**keys)(body)

        assert isinstance(found, Failure | bytes)
        assert isinstance(found, Failure) or msgspec.json.decode(found, type=msgspec.Raw) is not None


def test_deep_documents_are_shaped_or_unreadable_but_never_a_bug(seeded):
    for depth in (400, 499, 500):
        body = b'{"a":' * depth + b"1" + b"}" * depth
        for keys in ({"pick": [".".join("a" * 90)]}, {"select": "a.a.a"}, {"unwrap": "a", "wrap": "b.c.d"}):
            found = shape_of(**keys)(body)

            assert isinstance(found, bytes) or found.cause is Cause.UNREADABLE


def test_what_is_no_body_stays_as_it_is():
    shape = shaped_outcome(shape_of(pick=["a"]))
    answer = Success(b'{"a":1,"b":2}', Freshness.STALE, Cause.TIMEOUT, 203, {b"age": b"1"})

    found = shape(answer)

    assert (found.body, found.freshness, found.cause) == (b'{"a":1}', Freshness.STALE, Cause.TIMEOUT)
    assert (found.status, found.meta, answer.body) == (203, {b"age": b"1"}, b'{"a":1,"b":2}')


def test_failure_tells_nothing_of_the_document():
    secret = b'{"a":{"password":"hunter2"}}'
    for keys in ({"sort": {"a.password": "x"}}, {"select": "sum(a.password)"}, {"pick": ["a.password.b"]}):
        assert "hunter2" not in shape_of(**keys)(secret).detail


def test_random_bytes_in_bodies_never_raise(seeded):
    shapes = [shape_of(**stage(random.Random(seeded.random()))) for _ in range(40)]
    for _ in range(300):
        body = bytearray(encode(document(seeded)))
        for _ in range(seeded.choice([1, 2])):
            body[seeded.randrange(len(body))] = seeded.randrange(256)
        for shape in shapes:
            assert isinstance(shape(bytes(body)), bytes | Failure)


def test_select_is_what_jmespath_says():
    import jmespath

    expression = "a[?id > `1`].{id: id, n: b.c} | sort_by(@, &id)"
    body = {"a": [{"id": 3, "b": {"c": 1}}, {"id": 1}, {"id": 2}]}

    assert msgspec.json.decode(selecting(expression)(encode(body))) == jmespath.search(expression, body)
