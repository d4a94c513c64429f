"""What holds: JSON's equality, orders of like with like, and truth of single values."""

import pytest

from gateway.compiler.comparing import Compare, Constant, Inside, Not, Several, deciding, same


def holds(node):
    return bool(deciding(node)((), ()))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (None, None, True),
        (None, False, False),
        ("a", "a", True),
        ("1", 1, False),
        ([1, True], [1.0, True], True),
        ([1], [True], False),
        ([1], [1, 2], False),
        ({"a": [1]}, {"a": [1]}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"b": 1}, False),
    ],
)
def test_values_are_equal_as_json_has_them(one, other, equal):
    assert same(one, other) is equal
    assert holds(Compare("==", Constant(one), Constant(other))) is equal
    assert holds(Compare("!=", Constant(one), Constant(other))) is not equal


@pytest.mark.parametrize(
    ("sign", "one", "other", "expected"),
    [
        ("<", 1, 2.5, True),
        ("<=", 2, 2, True),
        (">", 3, 2, True),
        (">=", 1, 2, False),
        ("<", "a", "b", True),
        ("<", "a", 1, False),
        (">", "a", 1, False),
        ("<", None, 1, False),
        (">=", True, 0, False),
        ("<", [1], [2], False),
    ],
)
def test_only_like_values_are_less_or_greater(sign, one, other, expected):
    assert holds(Compare(sign, Constant(one), Constant(other))) is expected


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}])
def test_value_that_is_nothing_does_not_hold(value):
    assert not holds(Constant(value))
    assert holds(Not(Constant(value)))


@pytest.mark.parametrize("value", [True, 1, -0.5, "false", [0], {"a": None}])
def test_any_other_value_holds(value):
    assert holds(Constant(value))


def test_inside_looks_for_an_equal_element_and_nothing_is_inside_of_what_is_no_list():
    assert holds(Inside(Constant(1), Constant([2, 1.0])))
    assert not holds(Inside(Constant(True), Constant([1])))
    assert not holds(Inside(Constant("a"), Constant("abc")))
    assert not holds(Inside(Constant("a"), Constant(None)))


def test_several_are_all_or_any():
    yes, no = Constant(1), Constant(0)

    assert holds(Several(every=True, parts=(yes, yes)))
    assert not holds(Several(every=True, parts=(yes, no)))
    assert holds(Several(every=False, parts=(no, yes)))
    assert not holds(Several(every=False, parts=(no, no)))
