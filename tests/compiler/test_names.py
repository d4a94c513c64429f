"""What names mean, which cannot be used, and what the inputs of a route add up to."""

import pytest

from gateway.compiler.names import Edges, Local, Names, Where
from gateway.compiler.references import TemplateFault
from gateway.edge.inputs import Input

ROUTE = {"user_id": "int", "rest": "path"}


def known():
    return Names(ROUTE, ["user", "orders"])


def use(text, where=Where.STEP, of=None):
    (part,) = (of or known()).read(text, where)
    return part


def fault_of(text, where=Where.STEP):
    with pytest.raises(TemplateFault) as caught:
        known().read(text, where)
    return caught.value


def test_path_parameter_has_the_type_of_the_route():
    slot = use("{user_id}").slot
    assert slot.frozen() == Input("path", ("user_id",), "int", required=True)


def test_step_is_named_by_its_index():
    assert use("{orders.items[0]}").step == 1


@pytest.mark.parametrize("text", ["{query.a}", "{header.x-a}", "{cookie.a}", "{body}", "{body.a[0].b}"])
def test_request_parts_are_inputs(text):
    assert use(text).slot.root in {"query", "header", "cookie", "body"}


def test_untyped_part_of_a_body_is_any_json():
    assert use("{body.a}").slot.frozen().type == "json"


def test_header_names_ignore_case():
    names = known()
    assert use("{header.X-Tenant}", of=names).slot is use("{header.x-tenant}", of=names).slot


def test_same_part_has_one_slot_and_its_list_another():
    names = known()
    slots = [
        use(text, of=names).slot.index for text in ("{query.a}", "{query.b}", "{query.a}", "{query.a[]}")
    ]
    assert slots == [0, 1, 0, 2]


def test_type_written_once_holds_everywhere():
    names = known()
    use("{query.page}", of=names)
    use("{query.page:int | 1}", of=names)
    assert names.table.inputs() == (Input("query", ("page",), "int"),)


def test_two_types_for_one_input_are_a_fault_at_the_second():
    names = known()
    use("{query.page:int}", of=names)
    with pytest.raises(TemplateFault, match="of type int elsewhere") as caught:
        use("{query.page:str}", of=names)
    assert caught.value.offset == 12


def test_path_parameter_may_repeat_its_type_only():
    assert use("{user_id:int}").slot.type == "int"
    assert "`user_id` is of type int" in fault_of("{user_id:str}").message


def test_default_must_be_of_the_type():
    assert "is not an int" in fault_of("{query.page:int | 'x'}").message
    assert use("{query.page:int | null}").ref.default.json == b"null"


def test_default_of_a_list_is_the_empty_list():
    assert "[]" in fault_of("{query.id[] | 1}").message
    assert use("{query.id[]:int | []}").slot.many


@pytest.mark.parametrize("name", ["env", "path", "job", "secret", "upstream", "gateway"])
def test_reserved_names_mean_nothing_yet(name):
    assert "reserved" in fault_of(f"{{{name}.x}}").message


def test_what_the_gateway_itself_brings_has_a_type_and_is_always_there():
    unix = use("{now.unix}").slot.frozen()

    assert (unix.root, unix.type, unix.required) == ("now", "int", True)
    assert use("{request.uuid}").slot.frozen().type == "uuid"


@pytest.mark.parametrize("text", ["{now.year}", "{now[]}", "{request}", "{request.uuid.x}"])
def test_what_the_gateway_does_not_bring_is_a_fault_that_lists_what_it_does(text):
    fault = fault_of(text)

    assert "means nothing" in fault.message
    assert fault.hint.startswith("there are: ")


@pytest.mark.parametrize("name", ["claims"])
def test_roots_of_later_features_say_so(name):
    assert "not built yet" in fault_of(f"{{{name}.x}}").message


def test_unknown_name_is_guessed():
    fault = fault_of("a{order.id}")
    assert fault.message == "nothing is called `order`"
    assert fault.hint == "did you mean `orders`?"
    assert fault.offset == 2


def test_unknown_name_without_a_likeness_lists_what_there_is():
    assert (
        fault_of("{zzz}").hint
        == "there are: user_id, rest, user, orders, query, header, cookie, body, steps, now, request"
    )


@pytest.mark.parametrize("text", ["{query}", "{query.a.b}", "{query[0]}", "{header}", "{cookie.a[0]}"])
def test_query_header_and_cookie_take_exactly_one_name(text):
    assert "exactly one name" in fault_of(text).message


def test_header_that_cannot_exist_is_a_fault():
    assert "not the name of a header" in fault_of("{header['a b']}").message


@pytest.mark.parametrize("text", ["{user_id.x}", "{user_id[]}", "{user_id[0]}"])
def test_path_parameter_is_one_text(text):
    assert "is one text" in fault_of(text).message


def test_steps_stands_only_in_respond():
    assert use("{steps}", Where.RESPOND).step is None
    assert "only in `respond`" in fault_of("{steps}").message
    assert "only in `respond`" in fault_of("{steps}", Where.FALLBACK).message


@pytest.mark.parametrize("text", ["{steps.user}", "{steps[]}", "{steps:int}", "{steps | 1}"])
def test_steps_stands_alone(text):
    assert fault_of(text, Where.RESPOND)


def test_fallback_reads_the_request_only():
    assert use("{query.a}", Where.FALLBACK).slot is not None
    assert "not the step `user`" in fault_of("{user.id}", Where.FALLBACK).message


def test_number_in_place_of_a_text_is_its_json():
    assert known().read(5, Where.STEP) == ("5",)
    assert known().read(value=True, where=Where.STEP) == ("true",)


def test_names_with_a_meaning_and_names_twice_are_faults():
    faults = dict(Names({"user": "int", "env": "str"}, ["user", "query", "item"]).faults())
    assert set(faults) == {"user", "env", "query", "item"}
    assert "both a path parameter and a step" in faults["user"]


def test_reference_without_default_needs_its_step():
    names = known()
    parts = names.read("{user.a}{orders.b | 1}{user.c | 2}{query.a}", Where.STEP)
    assert Edges.of(part for part in parts) == Edges(frozenset({0}), frozenset({1}))


def test_only_a_body_reference_makes_the_route_read_a_body():
    names = known()
    use("{query.a}", of=names)
    assert not names.table.reads_body
    use("{body.a}", of=names)
    assert names.table.reads_body


def test_item_is_known_in_steps_that_have_one():
    assert "for_each" in fault_of("{item.id}").message
    assert use("{item.id}", of=known().within(Local("item", 2))).step == 2


def test_name_of_one_step_is_no_edge_and_not_known_in_its_fallback():
    names = known().within(Local("keys", 2))

    assert Edges.of([use("{keys}", of=names), use("{orders}", of=names)]) == Edges(needs=frozenset({1}))
    with pytest.raises(TemplateFault, match="step's call alone"):
        names.read("{keys}", Where.FALLBACK)


def test_names_of_one_step_share_the_routes_inputs():
    names = known()
    inside = names.within(Local("item", 2))

    assert use("{query.a}", of=inside).slot is use("{query.a}", of=names).slot
