"""Paths of shapes: keys, indices, stars and quoted keys, and what cannot be a path."""

import pytest

from gateway.shaping.path import STAR, PathFault, parse_path
from tests.support.seeded import seeded

__all__ = ["seeded"]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("@", ()),
        ("a", ("a",)),
        ("a.b_c.d-e", ("a", "b_c", "d-e")),
        ("a.0", ("a", "0")),
        ("a[0][12]", ("a", 0, 12)),
        ("[3].x", (3, "x")),
        ("*", (STAR,)),
        ("items.*.id", ("items", STAR, "id")),
        ("a.*.*", ("a", STAR, STAR)),
        ("a['x.y']['it''s']", ("a", "x.y", "it's")),
        ("['']", ("",)),
        ("-id.@type.$ref.#text", ("-id", "@type", "$ref", "#text")),
        ("straße", ("straße",)),
    ],
)
def test_path_leads_by_keys(text, keys):
    assert parse_path(text).keys == keys
    assert str(parse_path(text)) == text
    assert parse_path(text).stars == keys.count(STAR)


def test_any_text_is_a_path_or_a_fault(seeded):
    for _ in range(3000):
        text = "".join(seeded.choice("ab.*[]0'@ -é\n") for _ in range(seeded.randrange(8)))
        try:
            assert parse_path(text).text == text
        except PathFault as fault:
            assert 0 <= fault.offset <= max(len(text) - 1, 0), text


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "an empty path"),
        (".", 0, "expected a key"),
        ("a.", 1, "expected a key after the dot"),
        ("a..b", 2, "expected a key after the dot"),
        ("a b", 1, "a blank is not expected in a path"),
        ("a[*]", 1, "`[*]` is not expected here"),
        ("a[x]", 1, "`[` is not expected in a path"),
        ("a['x", 1, "the quote is never closed"),
        ("a*", 1, "`*` is not expected in a path"),
        ("a[0]b", 4, "`b` is not expected in a path"),
        ("a|b", 1, "`|` is not expected in a path"),
    ],
)
def test_fault_lies_where_the_path_goes_wrong(text, offset, message):
    with pytest.raises(PathFault) as caught:
        parse_path(text)

    assert (caught.value.offset, caught.value.message) == (offset, message)
