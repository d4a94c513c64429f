import pytest

from gateway.config.faults import ConfigError, Fault, File, Place, closest, did_you_mean, one_of

GATEWAY = File("gateway.yaml", ("upstreams:", "  users: { timeout: 300 }"))


def test_fault_shows_place_message_line_caret_and_hint():
    fault = Fault(Place(GATEWAY, 2, 21, 3), "`300` what?", "write 300ms or 300s", (Place(GATEWAY, 1, 1),))

    assert str(fault).splitlines() == [
        "gateway.yaml:2:21: `300` what?",
        "  2 |   users: { timeout: 300 }",
        "    |                     ^^^",
        "    see also gateway.yaml:1:1",
        "    hint: write 300ms or 300s",
    ]


def test_fault_of_a_file_that_could_not_be_read_has_no_excerpt():
    assert str(Fault(Place(File("missing.yaml")), "cannot read it")) == "missing.yaml:1:1: cannot read it"


def test_long_line_is_cut_around_the_caret():
    line = "x" * 500 + "HERE" + "y" * 500
    _, shown, caret = str(Fault(Place(File("a", (line,)), 1, 501, 4), "?")).splitlines()

    assert len(shown) < 120
    assert shown[caret.index("^") :].startswith("HERE")
    assert caret.count("^") == 4


def test_caret_stands_under_the_column_after_a_tab():
    _, shown, caret = str(Fault(Place(File("a", ("\tkey: of",)), 1, 7, 2), "?")).splitlines()

    assert shown[caret.index("^") :] == "of"


def test_error_lists_every_fault_once_in_the_order_of_the_files():
    included = File("routes.yaml", ("x",), order=1)
    late, early = Fault(Place(GATEWAY, 2), "late"), Fault(Place(GATEWAY, 1), "early")
    error = ConfigError([Fault(Place(included), "other file"), late, early, late])

    assert [fault.message for fault in error.faults] == ["early", "late", "other file"]
    assert str(error).endswith("3 faults")
    assert str(ConfigError([late])).endswith("1 fault")


def test_place_narrows_to_a_part_of_its_line():
    place = Place(GATEWAY, 2, 10)

    assert place.narrowed("300") == Place(GATEWAY, 2, 21, 3)
    assert place.narrowed("users") is place  # stands before it
    assert place.narrowed("") is place


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("of", "off"),
        ("timeuot", "timeout"),
        ("timeOut", "timeout"),
        ("time-out", "timeout"),
        ("colour", None),
    ],
)
def test_typo_finds_what_was_meant(word, meant):
    assert closest(word, ["off", "timeout", "url"]) == meant
    assert did_you_mean(word, ["off", "timeout", "url"]) == (f"did you mean `{meant}`?" if meant else "")


def test_choices_are_listed_as_people_speak():
    assert one_of(["a"]) == "`a`"
    assert one_of(["a", "b", "c"]) == "`a`, `b` or `c`"
