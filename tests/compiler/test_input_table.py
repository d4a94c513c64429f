"""What a route's templates demand of its inputs is collected by input."""

from gateway.compiler.input_table import InputTable
from gateway.edge.inputs import Input


def test_same_part_has_one_slot_and_its_list_another():
    table = InputTable()

    slots = [table.slot("query", ("a",), many=many) for many in (False, True, False)]

    assert [slot.index for slot in slots] == [0, 1, 0]


def test_inputs_are_what_all_places_together_demand():
    table = InputTable()
    slot = table.slot("body", ("a",), many=True)
    slot.required, slot.most = True, 100

    assert table.inputs() == (Input("body", ("a",), "json", many=True, required=True, most=100),)


def test_route_takes_a_body_if_some_template_reads_it():
    table = InputTable()
    table.slot("query", ("a",), many=False)
    assert not table.reads_body

    table.slot("body", (), many=False)
    assert table.reads_body


def test_parts_of_a_path_are_there_and_types_are_those_of_their_root_unless_written():
    table = InputTable()

    assert table.slot("path", ("a",), many=False).frozen() == Input("path", ("a",), "str", required=True)
    assert table.slot("body", (), many=False).final_type == "json"
