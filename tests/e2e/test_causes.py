"""docs/contract.md section 1, line by line: what an upstream does, and what the client gets."""

import ssl

import pytest
import trustme

from tests.support.gateways import Site, eventually, hanging, replying, resetting, serving
from tests.support.servers import refused_port, scripted

CONFIG = """
upstreams:
  a:
    url: ${URL}
    timeout: 150ms
    max_response: 100KiB
    breaker: { minimum_throughput: 1, failure_ratio: 0.01, open_for: 30s }
  b: { url: "${OTHER}", timeout: 150ms }
routes:
  GET /required: { time_limit: 2s, steps: { it: { get: a/it, required: true }, other: { get: b/other } } }
  GET /optional: { time_limit: 2s, steps: { it: { get: a/it }, other: { get: b/other } } }
  POST /required: { time_limit: 2s, steps: { it: { post: a/it, json: 1, required: true } } }
  GET /credentials:
    steps: { it: { get: { upstream: a, path: it, headers: { authorization: "{header.authorization}" } } } }
"""

deep = b"[" * 600 + b"]" * 600


async def truncating(peer):
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{")
    peer.close()
    raise ConnectionError


async def answering_half(peer):
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-le")
    await hanging(peer)


# page, cause, status if required, Retry-After, the breaker's verdict
LINES = {
    "no answer": (hanging, "timeout", 504, None, "failure"),
    "half an answer": (answering_half, "timeout", 504, None, "failure"),
    "connection reset": (resetting, "incomplete", 502, None, "failure"),
    "answer cut off": (truncating, "incomplete", 502, None, "failure"),
    "500": ((500, "secret"), "failed", 502, None, "failure"),
    "503 with Retry-After": ((503, "secret", "retry-after: 7"), "failed", 503, "7", "failure"),
    "501": ((501, "secret"), "failed", 502, None, "neutral"),
    "505": ((505, "secret"), "failed", 502, None, "neutral"),
    "429": ((429, "secret"), "throttled", 503, "1", "neutral"),
    "429 with Retry-After": ((429, "secret", "retry-after: 9"), "throttled", 503, "9", "neutral"),
    "400": ((400, "secret"), "rejected", 502, None, "success"),
    "401": ((401, "secret"), "rejected", 502, None, "success"),
    "403": ((403, "secret"), "rejected", 502, None, "success"),
    "404": ((404, "secret"), "rejected", 404, None, "success"),
    "409": ((409, "secret"), "rejected", 409, None, "success"),
    "410": ((410, "secret"), "rejected", 410, None, "success"),
    "418": ((418, "secret"), "rejected", 502, None, "success"),
    "422": ((422, "secret"), "rejected", 422, None, "success"),
    "redirect": ((302, "secret", "location: /other"), "rejected", 502, None, "success"),
    "304": (b"HTTP/1.1 304 Not Modified\r\n\r\n", "rejected", 502, None, "success"),
    "not JSON": ((200, "<secret>"), "unreadable", 502, None, "failure"),
    "NaN": ((200, "NaN"), "unreadable", 502, None, "failure"),
    "lone surrogate": ((200, '"\\ud800"'), "unreadable", 502, None, "failure"),
    "not UTF-8": ((200, b'"\xff"'), "unreadable", 502, None, "failure"),
    "too deep": ((200, deep), "unreadable", 502, None, "failure"),
    "not HTTP": (b"SSH-2.0-secret\r\n", "unreadable", 502, None, "failure"),
    "two lengths": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        "unreadable",
        502,
        None,
        "failure",
    ),
    "coded although not asked for": (
        (200, b"\x1f\x8b\x08\x00secret", "content-encoding: gzip"),
        "unreadable",
        502,
        None,
        "failure",
    ),
    "over max_response": ((200, b'"' + b"x" * 200_000 + b'"'), "too_large", 502, None, "neutral"),
    "over max_response in chunks": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20000\r\n" + b"1" * 0x20000 + b"\r\n0\r\n\r\n",
        "too_large",
        502,
        None,
        "neutral",
    ),
}


def verdict_on(served):
    snapshot = served.gateway.upstreams["a"].breaker.snapshot()
    if snapshot.state == "open":
        return "failure"
    return "success" if snapshot.total else "neutral"


def assert_problem(answer, status, cause, step="it"):
    assert (answer.status, answer.json["cause"]) == (status, cause)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json == {
        "type": f"/problems/{cause}",
        "title": answer.json["title"],
        "status": status,
        "cause": cause,
        "step": step,
        "request_id": answer.headers["x-request-id"],
    }
    assert b"secret" not in answer.body
    assert b"127.0.0.1" not in answer.body


@pytest.mark.parametrize("line", LINES)
async def test_each_trouble_is_a_problem_of_its_own_where_the_step_is_required(line):
    page, cause, status, retry_after, verdict = LINES[line]
    async with serving(CONFIG, URL=Site({"/it": page}), OTHER=Site()) as served:
        answer = await served.get("/required")
        assert verdict_on(served) == verdict
    assert_problem(answer, status, cause)
    assert answer.headers.get("retry-after") == retry_after
    assert "gateway-degraded" not in answer.headers


@pytest.mark.parametrize("line", LINES)
async def test_each_trouble_is_named_in_a_degraded_answer_where_the_step_is_optional(line):
    page, cause, *_ = LINES[line]
    async with serving(CONFIG, URL=Site({"/it": page}), OTHER=Site({"/other": {"n": 1}})) as served:
        answer = await served.get("/optional")
    assert answer.status == 200
    assert answer.headers["gateway-degraded"] == f"it;cause={cause};served=nothing"
    assert answer.headers["cache-control"] == "no-store"
    degraded = {"it": {"cause": cause, "served": "nothing"}}
    assert answer.json == {"it": None, "other": {"n": 1}, "degraded": degraded}


async def test_a_port_nobody_listens_on_is_unreachable():
    url = f"http://127.0.0.1:{refused_port()}"
    async with serving(CONFIG, URL=url, OTHER=Site()) as served:
        assert_problem(await served.get("/required"), 502, "unreachable")
        assert verdict_on(served) == "failure"


async def test_a_name_that_does_not_resolve_is_unreachable():
    async with serving(CONFIG, URL="http://nowhere.invalid", OTHER=Site()) as served:
        assert_problem(await served.get("/required"), 502, "unreachable")


@pytest.mark.parametrize("connect_timeout", ["50ms", "500ms"])
async def test_a_handshake_that_does_not_end_is_unreachable_by_either_timeout(connect_timeout):
    config = CONFIG.replace("timeout: 150ms\n", f"timeout: 150ms\n    connect_timeout: {connect_timeout}\n")
    async with scripted(hanging) as up:
        url = up.url.replace("http:", "https:")
        async with serving(config, URL=url, OTHER=Site()) as served:
            assert_problem(await served.get("/required"), 502, "unreachable")
            assert verdict_on(served) == "failure"


async def test_a_server_whose_certificate_is_not_trusted_is_unreachable():
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with scripted(Site(), ssl=context) as up:
        url = up.url.replace("http:", "https:")
        async with serving(CONFIG, URL=url, OTHER=Site()) as served:
            assert_problem(await served.get("/required"), 502, "unreachable")


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_of_the_clients_own_credentials_is_passed_on_as_it_is(status):
    async with serving(CONFIG, URL=Site({"/it": (status, "secret")}), OTHER=Site()) as served:
        answer = await served.get("/credentials", ("authorization", "Bearer mine"))
    assert_problem(answer, status, "rejected")


async def test_an_open_circuit_refuses_without_a_call_and_says_when_to_come_back():
    site = Site({"/it": (500, "")})
    async with serving(CONFIG, URL=site, OTHER=Site()) as served:
        await served.get("/optional")
        assert site.paths.count("/it") == 1
        answer = await served.get("/required")
        assert_problem(answer, 503, "circuit_open")
        assert 20 <= int(answer.headers["retry-after"]) <= 36
        degraded = await served.get("/optional")
        assert degraded.headers["gateway-degraded"] == "it;cause=circuit_open;served=nothing"
        assert site.paths.count("/it") == 1


async def test_a_full_bulkhead_refuses_and_says_when_to_come_back():
    config = CONFIG.replace("max_response: 100KiB", "bulkhead: { slots: 1, waiting: 1, max_wait: 40ms }")
    site = Site({"/it": hanging})
    async with (
        serving(config, URL=site, OTHER=Site()) as served,
        served.client() as first,
        served.client() as second,
    ):
        first.send("GET", "/required")
        await eventually(lambda: site.asked)
        second.send("GET", "/required")
        queued = await second.answer()  # left the queue after max_wait
        assert_problem(await first.answer(), 504, "timeout")
    assert_problem(queued, 503, "bulkhead_full")
    assert queued.headers["retry-after"] == "1"


async def test_the_requests_own_time_is_out_of_time():
    config = CONFIG.replace("timeout: 150ms", "timeout: 1s")
    async with serving(config, URL=Site({"/it": hanging}), OTHER=Site({"/other": hanging})) as served:
        answer = await served.get("/required", ("x-request-timeout-ms", "100"))
        assert_problem(answer, 504, "out_of_time")
        assert verdict_on(served) == "neutral"


async def test_a_bug_is_a_500_with_an_id_that_the_log_has(caplog):
    async with serving(CONFIG, URL=Site(), OTHER=Site()) as served:

        async def broken(call):
            raise ZeroDivisionError("secret")

        step = served.gateway.routes["GET /required"].plan.steps[0]
        object.__setattr__(step, "source", broken)
        answer = await served.get("/required")
    assert_problem(answer, 500, "internal")
    assert answer.json["request_id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text


SKIPS = """
upstreams: { a: { url: "${URL}", timeout: 100ms } }
routes:
  GET /skip:
    time_limit: 1s
    steps:
      it: { get: a/it }
      then: { get: "a/then/{it.id}", required: true }
"""


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (hanging, 504),
        ((500, ""), 502),
        ((503, "", "retry-after: 3"), 503),
        ((404, ""), 404),
        ((429, ""), 503),
        ({}, 502),
        ({"id": None}, 502),
        ({"id": "a/b"}, 502),
        ({"id": {}}, 502),
        ([], 502),
    ],
)
async def test_a_skipped_step_has_the_status_of_its_need_and_502_for_a_missing_field(page, status):
    site = Site({"/it": page})
    async with serving(SKIPS, URL=site) as served:
        answer = await served.get("/skip")
    assert_problem(answer, status, "skipped", step="then")
    assert set(site.paths) == {"/it"}


@pytest.mark.parametrize("page", [replying(b"", 200), b"HTTP/1.1 204 None\r\n\r\n", replying(b"", 205)])
async def test_an_empty_2xx_is_null_and_not_degraded(page):
    async with serving(CONFIG, URL=Site({"/it": page}), OTHER=Site()) as served:
        answer = await served.get("/required")
    assert answer.status == 200
    assert answer.json == {"it": None, "other": {}}
    assert "gateway-degraded" not in answer.headers


async def test_a_byte_order_mark_is_cut_off_and_duplicate_keys_pass_as_they_came():
    body = b'\xef\xbb\xbf{"a":1.0,"a":1e2}\n'
    async with serving(CONFIG, URL=Site({"/it": replying(body)}), OTHER=Site({"/other": []})) as served:
        answer = await served.get("/required")
    assert answer.body == b'{"it":{"a":1.0,"a":1e2},"other":[]}'
