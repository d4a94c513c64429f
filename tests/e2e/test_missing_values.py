"""docs/contract.md section 4: the table of missing values, each field of it."""

import pytest

from tests.support.gateways import Site, serving

CONFIG = """
upstreams: { a: { url: "${URL}" } }
routes:
  POST /path: { steps: { x: { get: "a/x/@P@" }, other: { get: a/other } } }
  POST /text: { steps: { x: { get: "a/x?v=no-@P@" }, other: { get: a/other } } }
  POST /query: { steps: { x: { get: "a/x?v=@P@&w=1" }, other: { get: a/other } } }
  POST /header: { steps: { x: { get: a/x, headers: { x-v: "@P@" } }, other: { get: a/other } } }
  POST /form: { steps: { x: { post: a/x, form: { v: "@P@", w: "1" } }, other: { get: a/other } } }
  POST /json: { steps: { x: { post: a/x, json: { v: "@P@", w: 1 } }, other: { get: a/other } } }
  POST /respond: { steps: { other: { get: a/other } }, respond: { v: "@P@", w: 1 } }
"""

PARTS = {"query": "{query.v}", "header": "{header.x-v}", "cookie": "{cookie.v}", "body": "{body.v}"}


async def ask(reference, target, pages=None):
    """What the client got, and the call of step ``x``, if it was made."""
    site = Site({"/other": {"id": 1}, **(pages or {})})
    body = {} if "body" in reference else None
    async with serving(CONFIG.replace("@P@", reference), URL=site) as served:
        answer = await served.ask(target, "POST", body)
    calls = [asked for asked in site.asked if asked.path.startswith("/x")]
    return answer, calls[0] if calls else None


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("target", ["/path", "/text"])
async def test_a_missing_request_part_in_a_path_or_inside_text_is_a_400_that_names_it(part, target):
    answer, call = await ask(PARTS[part], target)
    assert answer.status == 400
    assert [error["parameter"] for error in answer.json["errors"]] == [PARTS[part][1:-1]]
    assert call is None


@pytest.mark.parametrize("part", PARTS)
async def test_a_missing_request_part_leaves_out_what_is_nothing_else(part):
    reference = PARTS[part]
    answer, call = await ask(reference, "/query")
    assert (answer.status, call.target) == (200, "/x?w=1")
    answer, call = await ask(reference, "/header")
    assert "x-v" not in call.headers
    answer, call = await ask(reference, "/form")
    assert call.body == b"w=1"
    answer, call = await ask(reference, "/json")
    assert call.body == b'{"w":1}'
    answer, call = await ask(reference, "/respond")
    assert answer.json == {"v": None, "w": 1}


@pytest.mark.parametrize("part", PARTS)
async def test_with_a_default_no_request_part_is_missing(part):
    reference = PARTS[part][:-1] + " | 'd'}"
    assert (await ask(reference, "/path"))[1].target == "/x/d"
    assert (await ask(reference, "/text"))[1].target == "/x?v=no-d"
    assert (await ask(reference, "/query"))[1].target == "/x?v=d&w=1"
    assert (await ask(reference, "/header"))[1].headers["x-v"] == "d"
    assert (await ask(reference, "/form"))[1].body == b"v=d&w=1"
    assert (await ask(reference, "/json"))[1].json == {"v": "d", "w": 1}
    assert (await ask(reference, "/respond"))[0].json == {"v": "d", "w": 1}


ABSENT = [{}, {"v": None}, [], 1]


@pytest.mark.parametrize("page", ABSENT)
@pytest.mark.parametrize("target", ["/path", "/text"])
async def test_a_missing_field_of_a_step_in_a_path_or_inside_text_skips_the_call(page, target):
    answer, call = await ask("{other.v}", target, {"/other": page})
    assert call is None
    assert answer.headers["gateway-degraded"] == "x;cause=skipped;served=nothing"


@pytest.mark.parametrize("page", ABSENT)
async def test_a_missing_field_of_a_step_leaves_out_pairs_and_is_null_in_json(page):
    pages = {"/other": page}
    assert (await ask("{other.v}", "/query", pages))[1].target == "/x?w=1"
    assert "x-v" not in (await ask("{other.v}", "/header", pages))[1].headers
    assert (await ask("{other.v}", "/form", pages))[1].body == b"w=1"
    answer, call = await ask("{other.v}", "/json", pages)
    assert call.body == b'{"v":null,"w":1}'
    assert "gateway-degraded" not in answer.headers
    assert (await ask("{other.v}", "/respond", pages))[0].json == {"v": None, "w": 1}


@pytest.mark.parametrize("target", ["/path", "/text", "/query", "/header", "/form", "/json"])
async def test_a_step_that_did_not_answer_skips_every_call_that_needs_it(target):
    answer, call = await ask("{other.v}", target, {"/other": (500, "")})
    assert call is None
    assert (answer.status, answer.json["cause"], answer.json["step"]) == (502, "skipped", "x")


async def test_with_a_default_a_call_waits_for_the_other_step_and_runs_without_it():
    reference = "{other.v | 'd'}"
    for page in ((500, ""), *ABSENT):
        pages = {"/other": page}
        assert (await ask(reference, "/path", pages))[1].target == "/x/d"
        assert (await ask(reference, "/json", pages))[1].json == {"v": "d", "w": 1}
    _, call = await ask(reference, "/query", {"/other": {"v": "there"}})
    assert call.target == "/x?v=there&w=1"


async def test_an_unanswered_step_is_null_in_respond():
    config = """
upstreams: { a: { url: "${URL}" } }
routes:
  GET /r:
    steps: { x: { get: a/x }, y: { get: a/y } }
    respond: { v: "{x.v}", w: "{x.v | 7}", all: "{steps}", x: "{x}" }
"""
    async with serving(config, URL=Site({"/x": (500, ""), "/y": [1.0]})) as served:
        answer = await served.get("/r")
    assert answer.body.startswith(b'{"v":null,"w":7,"all":{"x":null,"y":[1.0]},"x":null,"degraded":')


async def test_a_template_of_one_reference_keeps_its_json_type_and_its_digits():
    pages = {"/other": b'HTTP/1.1 200 OK\r\ncontent-length: 27\r\n\r\n{"v": [1.50, {"a": null}] }'}
    answer, call = await ask("{other.v}", "/json", pages)
    assert call.body == b'{"v":[1.50, {"a": null}],"w":1}'
    answer, _ = await ask("{other.v[1].a}", "/respond", pages)
    assert answer.body == b'{"v":null,"w":1}'
