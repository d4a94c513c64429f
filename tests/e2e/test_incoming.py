"""docs/contract.md section 3, first half: routing, methods and bodies."""

import asyncio
import json

import pytest

from tests.support.gateways import Site, eventually, serving

CONFIG = """
upstreams: { a: { url: "${URL}" } }
routes:
  GET /u/me: { steps: { x: { get: a/x } }, respond: literal }
  GET /u/{id:int}: { steps: { x: { get: a/x } }, respond: ["int", "{id}"] }
  GET /u/{id:uuid}: { steps: { x: { get: a/x } }, respond: ["uuid", "{id}"] }
  GET /u/{name}/posts: { steps: { x: { get: a/x } }, respond: ["posts", "{name}"] }
  GET /u/{id:int}/likes: { steps: { x: { get: a/x } }, respond: ["likes", "{id}"] }
  GET /f/{rest:path}: { steps: { x: { get: "a/files/{rest}" } }, respond: "{rest}" }
  GET /only/{id:int}: { steps: { x: { get: a/x } } }
  GET /s/{name}: { steps: { x: { get: "a/s/{name}" } }, respond: "{name}" }
  PUT /s/{name}: { steps: { x: { put: "a/s/{name}" } } }
  POST /body:
    max_body: 256KiB
    steps: { x: { post: a/x, json: { n: "{body.n:int}", tag: "{body.tag}" } } }
  POST /plain: { steps: { x: { post: a/x } } }
  GET /q: { steps: { x: { get: "a/x?page={query.page:int | 1}&id={query.id}" } } }
  GET /all: { steps: { x: { get: "a/x/{query.a}/{query.b}" } } }
  GET /list: { steps: { x: { get: "a/x?id={query.id[]}" } } }
"""


@pytest.fixture
async def served():
    async with serving(CONFIG, URL=Site()) as served:
        yield served


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("/u/me", "literal"),
        ("/u/7", ["int", 7]),
        ("/u/-0", ["int", 0]),
        ("/u/%37", ["int", 7]),
        ("/u/m%65", "literal"),
        ("/u/0F8FAD5B-D9CB-469F-A165-70867728950E", ["uuid", "0f8fad5b-d9cb-469f-a165-70867728950e"]),
        ("/u/7/posts", ["posts", "7"]),  # the int branch is a dead end: backtracking
        ("/u/7/likes", ["likes", 7]),
        ("/s/%C3%A4%2525", "ä%25"),  # decoded once
        ("/s/a%3Fb%23c", "a?b#c"),
        ("/f/a/b%20c", "a/b c"),
        ("/f/a", "a"),
    ],
)
async def test_the_raw_path_finds_its_route(served, target, answer):
    got = await served.get(target)
    assert (got.status, got.json) == (200, answer)


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/u",
        "/u/",
        "/U/me",
        "/u/me/",
        "//u/me",
        "/u//me",
        "/s/",
        "/s/a/b",
        "/f",
        "/./u/me",
        "/x/../u/me",
    ],
)
async def test_no_path_is_repaired(served, target):
    got = await served.get(target)
    assert got.status in {404, 400}
    assert "location" not in got.headers


@pytest.mark.parametrize("target", ["/s/%FF", "/s/%00", "/s/a%0Ab", "/s/%C2%85", "/s/%", "/s/%zz", "/s/%4"])
async def test_what_is_no_text_in_a_path_is_a_400(served, target):
    got = await served.get(target)
    assert (got.status, got.json["cause"]) == (400, "bad_request")
    assert served.up["URL"].requests == []


@pytest.mark.parametrize("value", ["abc", "1.5", "+1", "01", "1234567890123456789", "%20", "0x1"])
async def test_a_value_of_another_type_is_a_400_naming_the_parameter(served, value):
    got = await served.get(f"/only/{value}")
    assert got.status == 400
    assert [error["parameter"] for error in got.json["errors"]] == ["id"]


async def test_another_method_is_a_405_with_allow_and_options_tells_it(served):
    got = await served.ask("/s/x", "DELETE")
    assert (got.status, got.headers["allow"]) == (405, "GET, HEAD, OPTIONS, PUT")
    got = await served.ask("/s/x", "OPTIONS")
    assert (got.status, got.headers["allow"], got.body) == (204, "GET, HEAD, OPTIONS, PUT", b"")
    got = await served.ask("/nowhere", "OPTIONS")
    assert got.status == 404
    got = await served.ask("/health", "DELETE")
    assert (got.status, got.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_a_query_is_checked_before_the_first_call(served):
    got = await served.get("/q?page=x&id=1&id=2")
    assert got.status == 400
    assert {error["parameter"] for error in got.json["errors"]} == {"query.page", "query.id"}
    got = await served.get("/all?a=%2F")
    assert {error["parameter"] for error in got.json["errors"]} == {"query.a", "query.b"}
    assert served.up["URL"].requests == []


async def test_a_query_given_twice_is_a_list_where_a_list_is_asked_for(served):
    assert (await served.get("/list?id=1&x=3&id=a%26b")).status == 200
    assert served.up["URL"].requests[0].startswith(b"GET /x?id=1&id=a%26b HTTP/1.1\r\n")


async def post(served, body, *headers, target="/body"):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = f"POST {target} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
    return await served.raw(head.encode() + body)


JSON = ("content-type", "application/json")


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"]
)
async def test_a_json_body_is_read(served, content_type):
    got = await post(served, b'{"n": 7, "tag": "x"}', ("content-type", content_type))
    assert got.status == 200
    assert served.up["URL"].requests[0].endswith(b'\r\n\r\n{"n":7,"tag":"x"}')


@pytest.mark.parametrize(
    "headers", [[], [("content-type", "text/plain")], [("content-type", "application/xml")]]
)
async def test_any_other_type_is_a_415(served, headers):
    got = await post(served, b"{}", *headers)
    assert (got.status, got.json["cause"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nothing",
        b'{"n": 1}x',
        b'"\xff"',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"n": 1, "tag": "\\ud800"}',
        b"NaN",
    ],
)
async def test_a_body_that_is_not_json_is_a_400(served, body):
    got = await post(served, body, JSON)
    assert (got.status, got.json["cause"]) == (400, "bad_request")
    assert served.held() == {}


@pytest.mark.parametrize(
    "body", [{}, {"n": None}, {"n": "7"}, {"n": 1.5}, {"n": []}, [], 1, {"n": 1, "tag": "x"}]
)
async def test_a_body_field_has_the_type_that_templates_say(served, body):
    got = await post(served, json.dumps(body).encode(), JSON)
    assert got.status == (400 if isinstance(body, dict) and body.get("n") in ("7", 1.5, []) else 200)


async def test_an_empty_body_is_one_without_any_field(served):
    assert (await post(served, b"", JSON)).status == 200
    assert served.up["URL"].requests[0].endswith(b"\r\n\r\n{}")


async def test_a_body_over_the_limit_is_a_413_by_its_announced_length_alone(served):
    head = (
        b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 262145\r\n\r\n"
    )
    got = await served.raw(head)
    assert (got.status, got.json["cause"]) == (413, "body_too_large")


async def test_a_chunked_body_over_the_limit_is_a_413_before_it_ends(served):
    head = b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    got = await served.raw(head + b"transfer-encoding: chunked\r\n\r\n40001\r\n" + b" " * 0x40001 + b"\r\n")
    assert got.status == 413
    assert served.held() == {}


async def test_a_body_that_does_not_come_is_a_408():
    config = CONFIG.replace("max_body: 256KiB", "time_limit: 100ms")
    async with serving(config, URL=Site()) as served:
        head = (
            b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
        )
        got = await served.raw(head)
        assert (got.status, got.json["cause"]) == (408, "body_too_slow")


async def test_a_client_that_leaves_while_it_sends_its_body_leaves_nothing_behind(served):
    head = b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n"
    async with served.client() as client:
        client.send_raw(head + b'{"n": 1')
        await eventually(lambda: served.held().get("buffered") == 7)
    await eventually(lambda: not served.held())


async def test_a_body_that_no_template_reads_is_not_looked_at(served):
    got = await post(served, b"<xml>", ("content-type", "text/xml"), target="/plain")
    assert got.status == 200
    assert served.up["URL"].requests[0].endswith(b"content-length: 0\r\n\r\n")


async def test_a_client_that_asks_first_is_told_to_go_on(served):
    async with served.client() as client:
        client.send_raw(b"POST /body HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 8\r\n")
        client.send_raw(b"content-type: application/json\r\n\r\n")
        assert (await client.head())[0] == 100
        client.send_raw(b'{"n": 1}')
        assert (await client.answer()).status == 200


async def test_requests_sent_at_once_on_one_connection_are_answered_in_order(served):
    async with served.client() as client:
        for target in ("/u/1", "/nowhere", "/u/2", "/health/live", "/u/3"):
            client.send("GET", target)
        got = [await client.answer() for _ in range(5)]
    assert [answer.status for answer in got] == [200, 404, 200, 200, 200]
    assert [answer.json[1] for answer in got[::2]] == [1, 2, 3]


async def test_a_connection_is_used_again_after_a_refused_body(served):
    async with served.client() as client:
        client.send("POST", "/body", {"n": "x" * 300_000})
        assert (await client.answer()).status == 413
        client.send("GET", "/u/1")
        assert (await client.answer()).json == ["int", 1]


async def test_http_1_0_and_close_end_the_connection(served):
    async with served.client() as client:
        client.send_raw(b"GET /u/1 HTTP/1.0\r\n\r\n")
        assert (await client.answer()).json == ["int", 1]
        async with asyncio.timeout(1):
            assert await client.ended()
