"""Whatever was drafted, what comes out passes the check; what does not is told."""

from gateway.importing.draft import Draft
from gateway.importing.foreign import parsed
from gateway.importing.report import Report
from gateway.importing.sound import sound_text

HERE = parsed('{\n"first": 1,\n"second": 2}', "k.json")


def drafted(*steps, upstreams=None):
    draft = Draft(upstreams=upstreams or {"a": {"url": "http://a"}})
    for number, step in enumerate(steps):
        draft.add(f"GET /{number}", {"steps": {"s": step}}, HERE)
    return draft


def test_sound_draft_is_written_as_it_is():
    draft, report = drafted({"get": "a/x"}), Report()

    assert sound_text(draft, report, "x") == draft.text("x")
    assert not report.notices


def test_route_with_a_fault_is_left_out_and_told():
    draft, report = drafted({"get": "a/{nothing}"}, {"get": "a/x"}), Report()

    assert list(draft.routes) == ["GET /0", "GET /1"]
    assert "GET /1" in sound_text(draft, report, "x")
    assert list(draft.routes) == ["GET /1"]
    assert str(report).startswith(
        "k.json:1:1: LEFT OUT: GET /0 would not be sound: nothing is called `nothing`, in `steps: "
    )


def test_routes_of_an_upstream_with_a_fault_are_left_out():
    upstreams = {"a": {"url": "nonsense"}, "b": {"url": "http://b"}}
    draft, report = drafted({"get": "a/x"}, {"get": "b/x"}, upstreams=upstreams), Report()

    assert "nonsense" not in sound_text(draft, report, "x")
    assert list(draft.routes) == ["GET /1"]


def test_fault_of_everything_leaves_nothing():
    draft, report = drafted({"get": "a/x"}), Report()
    draft.defaults = {"route": {"time_limit": "soon"}}

    assert sound_text(draft, report, "x") == ""
    assert len(report.notices) == 1
