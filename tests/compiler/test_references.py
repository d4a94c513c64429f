"""The grammar of docs/contract.md section 4, production by production, and its faults with their offsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.compiler.references import Default, Ref, TemplateFault, constant_text, parse_template


def only(text):
    whole = parse_template(text).whole
    assert whole is not None
    return whole


def fault_of(text):
    with pytest.raises(TemplateFault) as caught:
        parse_template(text)
    return caught.value


def test_text_without_braces_is_text():
    assert parse_template("a b?&/%20").parts == ("a b?&/%20",)


def test_empty_text_has_no_parts():
    assert parse_template("").parts == ()


def test_doubled_braces_are_literal_braces():
    assert parse_template("{{a}} }}{{").parts == ("{a} }{",)


def test_reference_between_literal_braces():
    assert [str(part) for part in parse_template("{{{x}}}").parts] == ["{", "{x}", "}"]


def test_text_and_references_keep_their_order():
    parts = parse_template("a/{x}/b{y}").parts
    assert [part if isinstance(part, str) else part.name for part in parts] == ["a/", "x", "/b", "y"]


def test_reference_knows_its_text_and_offset():
    ref = parse_template("ab{user.id:int | 1}").refs[0]
    assert (ref.text, ref.offset) == ("user.id:int", 3)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("{a}", ()),
        ("{a.b.c}", ("b", "c")),
        ("{a.b-c_d}", ("b-c_d",)),
        ("{a.0}", ("0",)),
        ("{a[0]}", (0,)),
        ("{a[12].b}", (12, "b")),
        ("{a['x y']}", ("x y",)),
        ("{a['it''s']}", ("it's",)),
        ("{a['{{x}}']}", ("{x}",)),
        ("{a[''].b}", ("", "b")),
    ],
)
def test_keys(text, keys):
    assert only(text).keys == keys


def test_template_of_more_than_one_reference_is_not_whole():
    assert parse_template("a{x}").whole is None
    assert parse_template("{x}{y}").whole is None
    assert parse_template("text").whole is None


def test_brackets_make_a_list():
    assert only("{query.id[]}") == Ref("query", ("id",), many=True, offset=1, text="query.id[]")


def test_list_before_type():
    ref = only("{query.id[]:int}")
    assert ref.many
    assert ref.type == "int"


@pytest.mark.parametrize("type_", ["int", "str", "uuid", "number", "bool", "path"])
def test_every_type_is_known(type_):
    assert only(f"{{a:{type_}}}").type == type_


@pytest.mark.parametrize(
    ("literal", "default"),
    [
        ("1", Default(b"1", "1")),
        ("-1.50e+3", Default(b"-1.50e+3", "-1.50e+3")),
        ("true", Default(b"true", "true")),
        ("false", Default(b"false", "false")),
        ("null", Default(b"null", None)),
        ("[]", Default(b"[]", None)),
        ("{}", Default(b"{}", None)),
        ("'a b'", Default(b'"a b"', "a b")),
        ("''", Default(b'""', "")),
        ("'it''s {{\"}}'", Default(b'"it\'s {\\"}"', "it's {\"}")),
    ],
)
@pytest.mark.parametrize("bar", ["|", " | ", "\t|  "])
def test_every_literal_can_be_a_default(literal, default, bar):
    assert only(f"{{a{bar}{literal}}}").default == default
    assert only(f"{{a{bar}{literal} }}").default == default


def test_no_default_is_not_the_default_null():
    assert only("{a}").default is None


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("a}b", 1, "a single `}`"),
        ("ab{x", 2, "never closed"),
        ("{x {y}", 2, "a blank is not expected"),
        ("{}", 1, "nothing between"),
        ("{ x}", 1, "a blank"),
        ("{x }", 2, "a blank is not expected"),
        ("{1x}", 1, "expected a name"),
        ("{x.}", 3, "expected a key"),
        ("{x.-}", 3, "expected a key"),
        ("{x[a]}", 2, "`[` is not expected"),
        ("{x[-1]}", 2, "`[` is not expected"),
        ("{x['a}", 3, "the quote is never closed"),
        ("{x['a'}", 6, "expected `]`"),
        ("{x['a{b']}", 5, "a single `{`"),
        ("{x:}", 3, "expected a type"),
        ("{x:integer}", 3, "`integer` is not a type"),
        ("{x|}", 3, "expected a default"),
        ('{x|"a"}', 3, "expected a default"),
        ("{x|01}", 3, "expected a default"),
        ("{x|1.}", 3, "expected a default"),
        ("{x|'a}", 3, "the quote is never closed"),
        ("{x|'}'}", 4, "a single `}`"),
        ("{x|1 2}", 5, "`2` is not expected"),
        ("{x|1|2}", 5, "a second default"),
        ("{x:int[]}", 6, "`[` is not expected"),
        ("{x$}", 2, "`$` is not expected"),
        ("{{x}", 3, "a single `}`"),
    ],
)
def test_faults_say_what_and_where(text, offset, message):
    fault = fault_of(text)
    assert message in fault.message
    assert fault.offset == offset


def test_bare_word_after_the_bar_is_a_function():
    ref = parse_template("{x | trim|upper }").whole

    assert [arguments for _, arguments in ref.functions] == [(), ()]
    assert (ref.takes, ref.gives, ref.default) == ("text", "text", None)


def test_default_goes_through_the_functions_behind_it_and_no_others():
    assert parse_template("{x | 'a' | upper}").whole.default == Default(b'"A"', "A")
    assert parse_template("{x | upper | 'a'}").whole.default == Default(b'"a"', "a")
    assert parse_template("{x | null | upper}").whole.default == Default(b"null", None)


def test_word_that_is_no_function_may_have_been_meant_as_text():
    fault = fault_of("{x | uper}")

    assert (fault.message, fault.offset) == ("no function is called `uper`", 5)
    assert fault.hint == "did you mean `upper`? A text is written `'uper'`"


def test_mistyped_type_is_guessed():
    assert fault_of("{x:in}").hint == "did you mean `int`?"


def test_fault_can_be_told_from_further_out():
    fault = fault_of("ab}").under("a", 0).under("json")
    assert fault.path == ("json", "a", 0)
    assert fault.offset == 2


def test_text_from_the_environment_is_never_a_reference():
    class EnvText(str):
        __slots__ = ()
        template = "{{query.x}}/{user_id}"

    assert [str(part) for part in parse_template(EnvText("ignored")).parts] == ["{query.x}/", "{user_id}"]


def test_doubled_braces_inside_quotes_from_the_environment_stay_text():
    assert only("{x | 'a}}{{b'}").default == Default(b'"a}{b"', "a}{b")


def test_constant_text_refuses_references():
    assert constant_text("a{{b}}", "a key") == "a{b}"
    with pytest.raises(TemplateFault, match="a key is text"):
        constant_text("a{b}", "a key")


@given(st.text())
def test_text_with_all_braces_doubled_reads_as_itself(text):
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert parse_template(doubled).constant == text


@given(st.text(alphabet="{}[]'|:.ab1 -\"$", max_size=20))
def test_any_text_is_a_template_or_a_fault_within_the_text(text):
    try:
        parse_template(text)
    except TemplateFault as fault:
        assert 0 <= fault.offset <= len(text)
        assert fault.message


@pytest.mark.parametrize("text", ["{\0}", "{x.\0}", "{x:\0 | 1}", "a{{ {x | \0}"])
def test_variable_inside_a_reference_is_a_fault(text):
    assert fault_of(text).message == "a variable cannot stand inside a reference"
