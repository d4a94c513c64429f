from gateway.config.faults import File, Place
from gateway.config.nodes import Entry, Mapping, Scalar, Sequence, broken, each, follow, is_broken, plain

FILE = File("a.yaml", ("",) * 9)


def at(line):
    return Place(FILE, line)


def scalar(value, line=1):
    return Scalar(at(line), str(value), value)


TREE = Mapping(
    at(1),
    {
        "a": Entry(at(2), Sequence(at(3), (scalar(1, 4), scalar(2, 5)))),
        "b": Entry(at(6), Mapping(at(7), {"c": Entry(at(8), scalar(None, 9))})),
    },
)


def test_plain_is_the_data_without_places():
    assert plain(TREE) == {"a": [1, 2], "b": {"c": None}}


def test_path_leads_to_value_and_key():
    entry, depth = follow(TREE, ("a", 1))
    assert (entry.value.value, entry.place.line, depth) == (2, 5, 2)

    entry, depth = follow(TREE, ("b", "c"))
    assert (entry.place.line, entry.value.place.line, depth) == (8, 9, 2)


def test_path_that_leads_nowhere_stops_at_the_last_thing_there_is():
    assert follow(TREE, ("b", "x", "y"))[0].place.line == 6
    assert follow(TREE, ("a", 7))[1] == 1
    assert follow(TREE, ("x",))[0].value is TREE


def test_change_reaches_mappings_and_leaves_everything_else():
    parent = Mapping(
        at(1), {"steps": Entry(at(1), Mapping(at(1), {"m": TREE_ENTRY, "s": Entry(at(1), scalar(5))}))}
    )
    changed = each(parent, "steps", lambda name, entry, node: node.without(["a"]))

    assert plain(changed) == {"steps": {"m": {"b": {"c": None}}, "s": 5}}
    assert each(parent, "nothing", lambda *_: TREE) is parent


TREE_ENTRY = Entry(at(1), TREE)


def test_tree_with_a_broken_value_is_broken():
    assert not is_broken(TREE)
    assert not is_broken(None)
    assert is_broken(Sequence(at(1), (TREE, broken(at(1)))))
