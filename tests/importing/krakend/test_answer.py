"""Steps become one answer as KrakenD's backends do."""

from tests.importing.krakend.samples import backend, endpoint, route_of

ONE, TWO = backend(url_pattern="/one"), backend(url_pattern="/two")


def static(strategy, **data):
    return {"proxy": {"static": {"strategy": strategy, "data": data}}}


def test_answer_of_one_backend_is_its_own():
    assert route_of(endpoint(ONE))[0]["respond"] == "{one}"


def test_answers_of_several_are_merged_and_the_last_one_wins():
    route, _ = route_of(endpoint(ONE, TWO))

    assert route["merge"] == {"steps": ["one", "two"], "on_conflict": "last"}


def test_collection_as_the_whole_answer():
    collection = backend(url_pattern="/one", is_collection=True)
    route, told = route_of(endpoint(collection, output_encoding="json-collection"))

    assert (route["respond"], told) == ("{one}", [])
    assert "wrap" not in route["steps"]["one"]
    assert route_of(endpoint(ONE, output_encoding="json-collection"))[0]["respond"] == "{one.collection | []}"

    route, _ = route_of(endpoint(collection, TWO, output_encoding="json-collection"))
    assert route["shape"] == [{"unwrap": "collection"}]


def test_encodings_of_answers_that_are_not_there_are_told():
    _, told = route_of(endpoint(ONE), output_encoding="yaml")

    assert told == ["changed output_encoding: the answer is JSON, not yaml"]


def test_xml_and_negotiated_answers_are_produced():
    route, told = route_of(endpoint(ONE, output_encoding="xml"))
    assert (route["produces"], len(told)) == (["xml"], 1)

    route, told = route_of(endpoint(ONE, output_encoding="negotiate"))
    assert (route["produces"], len(told)) == (["json", "xml"], 1)


def test_static_data_that_are_always_there_are_a_step_merged_last():
    route, told = route_of(endpoint(ONE, extra_config=static("always", a="{x}")))

    assert route["steps"]["static"] == {"value": {"a": "{{x}}"}}
    assert route["merge"] == {"steps": ["one", "static"], "on_conflict": "last"}
    assert told == []


def test_static_data_on_failure_stand_in_for_what_fails():
    for strategy in ("errored", "incomplete"):
        route, told = route_of(endpoint(ONE, extra_config=static(strategy, a=1)))
        assert (route["steps"]["one"]["fallback"], told) == ({"a": 1}, [])
    route, told = route_of(endpoint(ONE, TWO, extra_config=static("incomplete", a=1)))
    assert [step["fallback"] for step in route["steps"].values()] == [{"a": 1}] * 2
    assert "later ones overwrite them" in told[0]


def test_static_data_on_success_are_set_on_what_one_backend_answers():
    shaped = backend(url_pattern="/one", group="g")
    route, told = route_of(endpoint(shaped, extra_config=static("success", a=1)))

    assert route["steps"]["g"]["shape"] == [
        {"wrap": "g"},
        {"set": {"a": 1}},
    ]
    assert told == []


def test_static_data_on_the_success_of_several_are_told():
    _, told = route_of(endpoint(ONE, TWO, extra_config=static("complete", a=1)))

    assert "`complete`" in told[0]


def test_flatmap_of_an_endpoint_shapes_the_merged_answer():
    operations = {"proxy": {"flatmap_filter": [{"type": "del", "args": ["a"]}]}}

    assert route_of(endpoint(ONE, TWO, extra_config=operations))[0]["shape"] == [{"omit": ["a"]}]
    route, told = route_of(endpoint(ONE, extra_config=operations))
    assert "shape" not in route
    assert "stands at the backend" in told[0]
