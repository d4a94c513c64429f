import pytest

from gateway.config.document import MAX_DEPTH, parse
from gateway.config.nodes import plain


def read(text):
    """Data and messages."""
    faults = []
    root = parse(text, "a.yaml", faults)
    return (plain(root) if root is not None else None), [fault.message for fault in faults]


def test_document_is_read_by_the_core_schema():
    assert read("a: off\nb: [1, 1.5, null, true, '1']\nc: {d: 012}\n") == (
        {"a": "off", "b": [1, 1.5, None, True, "1"], "c": {"d": "012"}},
        [],
    )


def test_every_value_knows_its_place():
    faults = []
    root = parse("a:\n  b: hello\n", "a.yaml", faults)
    entry = root.entries["a"].value.entries["b"]

    assert str(entry.place) == "a.yaml:2:3"
    assert str(entry.value.place) == "a.yaml:2:6"
    assert entry.value.place.width == 5


def test_merge_key_fills_in_what_is_not_written():
    data, faults = read("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 9\n")

    assert data["z"] == {"b": 2, "c": 4, "a": 9}
    assert faults == []


def test_quoted_merge_key_is_a_key_like_any_other():
    assert read('"<<": {a: 1}\n') == ({"<<": {"a": 1}}, [])


def test_merge_key_needs_a_mapping():
    assert read("a: {<<: 5, b: 1}")[1] == ["`<<` takes a mapping, usually an alias such as `*common`"]


def test_duplicate_key_is_a_fault_with_both_places():
    faults = []
    parse("a: 1\nb: 2\na: 3\n", "a.yaml", faults)

    assert [str(faults[0].place), *map(str, faults[0].also)] == ["a.yaml:3:1", "a.yaml:1:1"]


@pytest.mark.parametrize("text", ["a: !!str 5", "a: !thing {}", "!!map {a: 1}", "a: ! x"])
def test_tag_is_refused(text):
    assert [message.split()[0] for message in read(text)[1]] == ["tags"]


@pytest.mark.parametrize("text", ["{user_id}", "{query.page:int | 1}", "{ user_id }"])
def test_reference_without_quotes_is_told_to_be_quoted(text):
    _, faults = read(f"a: {text}\n")

    assert len(faults) == 1
    assert "without quotes" in faults[0]


@pytest.mark.parametrize("text", ["{a: }", "{a: null}", "{a, b}", "{}", '{"a": 1}'])
def test_other_mappings_in_braces_are_mappings(text):
    assert read(f"x: {text}\n")[1] == []


def test_key_that_is_not_text_is_a_fault():
    assert read("{[1]: 2, {b: 1}: 3}")[1] == ["a key must be text"] * 2


def test_empty_document_is_a_fault():
    assert read("") == read("# nothing\n") == (None, ["the file is empty"])


def test_numbers_are_keys_as_they_are_written():
    assert read("1.50: a\nnull: b\n")[0] == {"1.50": "a", "null": "b"}


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_bottomless_nesting_is_refused_at_once(opening):
    data, faults = read(opening * 100_000)

    assert data is None
    assert faults == [f"nested more than {MAX_DEPTH} levels deep"]


def test_alias_bomb_is_refused():
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [
        f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]"
        for a, b in zip("abcdefghijkl", "bcdefghijklm", strict=True)
    ]

    assert "values once its aliases are expanded" in read("\n".join(lines))[1][0]


def test_chain_of_aliases_is_refused_before_it_is_too_deep_to_walk():
    lines = ["a0: &a0 [1]", *[f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 5000)]]

    assert read("\n".join(lines)) == (None, [f"nested more than {MAX_DEPTH} levels deep through its aliases"])


def test_value_that_contains_itself_is_refused():
    assert read("a: &a [*a]\n") == (None, ["this value contains itself, through its own alias"])
    assert read("a: &a {<<: *a}\n") == (None, ["this value contains itself, through its own alias"])
