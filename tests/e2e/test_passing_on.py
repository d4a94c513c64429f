"""docs/contract.md section 3, second half: what goes on to upstreams, and nothing else."""

import re

import pytest

from tests.support.gateways import Site, after, replying, serving

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"

CONFIG = """
server: { trust: [@TRUST] }
upstreams:
  a: { url: "${URL}/base/" }
  quiet: { url: "${URL}", propagate: off }
routes:
  GET /plain: { steps: { x: { get: a/x } } }
  GET /base: { steps: { x: { get: a } } }
  GET /quiet: { steps: { x: { get: quiet/x } } }
  GET /pair: { steps: { x: { get: a/x }, y: { get: "a/y/{x.n}" } } }
  GET /named:
    steps:
      x:
        get: a/x
        query: { q: "{query.q}", fixed: "a b&c" }
        headers: { X-One: "{header.x-one}", cookie: "s={cookie.s}" }
  GET /s/{name}: { steps: { x: { get: "a/s/{name}/end" } } }
  GET /pre/{name}: { steps: { x: { get: "a/s/.{name}" } } }
  GET /rest/{rest:path}: { steps: { x: { get: "a/files/{rest}" } } }
  GET /step: { steps: { x: { get: a/x }, y: { get: "a/y/{x.v}/end" } } }
  GET /step/path: { steps: { x: { get: a/x }, y: { get: "a/y/{x.v:path}" } } }
  GET /step/query: { steps: { x: { get: a/x }, y: { get: "a/y?v={x.v}&w=1" } } }
  GET /step/header: { steps: { x: { get: a/x }, y: { get: a/y, headers: { x-v: "{x.v}" } } } }
  POST /form: { steps: { x: { post: a/x, form: { v: "{query.v}", w: "1" } } } }
  POST /form/put: { steps: { x: { put: a/x, json: { all: "{body}", v: "{query.v}" } } } }
  DELETE /d: { steps: { x: { delete: a/x } } }
  GET /head: { steps: { x: { head: a/x } } }
  GET /patch: { steps: { x: { patch: a/x, body: plain } } }
"""


def fronting(site, trust=""):
    return serving(CONFIG.replace("@TRUST", trust), URL=site)


CLIENT = [
    ("traceparent", PARENT),
    ("tracestate", "vendor=1"),
    ("baggage", "user=7"),
    ("x-request-id", "mine-1"),
    ("x-request-timeout-ms", "900"),
    ("authorization", "Bearer secret"),
    ("cookie", "s=secret; t=other"),
    ("x-forwarded-for", "1.2.3.4"),
    ("accept-language", "de"),
    ("x-one", "1"),
]

OURS = {"host", "accept-encoding", "traceparent", "tracestate", "x-request-id", "x-request-timeout-ms"}


async def test_no_header_cookie_or_query_is_forwarded_unless_a_template_names_it():
    site = Site()
    async with fronting(site) as served:
        await served.get("/plain?q=1&secret=2", *CLIENT)
    (asked,) = site.asked
    assert asked.target == "/base/x"
    assert set(asked.headers) == OURS
    assert len(asked.lines) == len(OURS)
    assert asked.headers["host"] == served.up["URL"].url.removeprefix("http://")
    assert asked.headers["accept-encoding"] == "identity"


async def test_what_a_template_names_is_sent_on():
    site = Site()
    async with fronting(site) as served:
        await served.get("/named?q=1%26x=2&other=3", *CLIENT)
    (asked,) = site.asked
    assert asked.target == "/base/x?q=1%26x%3D2&fixed=a%20b%26c"
    assert (asked.headers["x-one"], asked.headers["cookie"]) == ("1", "s=secret")


async def test_the_trace_goes_on_with_a_parent_id_of_each_attempts_own():
    site = Site({"/base/x": {"n": 1}})
    async with fronting(site) as served:
        await served.get("/pair", *CLIENT)
    parents = [
        re.fullmatch(rf"00-{TRACE}-([0-9a-f]{{16}})-00", a.headers["traceparent"])[1] for a in site.asked
    ]
    assert len({*parents, "b7ad6b7169203331"}) == 3
    assert {asked.headers["tracestate"] for asked in site.asked} == {"vendor=1"}
    assert {asked.headers["x-request-id"] for asked in site.asked} == {"mine-1"}
    assert not any("baggage" in asked.headers for asked in site.asked)


async def test_the_sampled_flag_and_baggage_count_from_trusted_addresses():
    site = Site()
    async with fronting(site, "127.0.0.0/8") as served:
        await served.get("/plain", *CLIENT)
        await served.get(
            "/plain", ("traceparent", PARENT[:-2] + "00"), ("baggage", "a=1"), ("baggage", "b=2")
        )
    assert site.asked[0].headers["traceparent"].endswith("-01")
    assert site.asked[0].headers["baggage"] == "user=7"
    assert site.asked[1].headers["traceparent"].endswith("-00")
    assert site.asked[1].headers["baggage"] == "a=1,b=2"


@pytest.mark.parametrize(
    "bad", ["", "00-" + "0" * 32 + "-b7ad6b7169203331-01", PARENT + "-x", PARENT.upper(), "ff" + PARENT[2:]]
)
async def test_a_faulty_traceparent_is_replaced_and_its_tracestate_dropped(bad):
    site = Site()
    async with fronting(site) as served:
        await served.get("/plain", ("traceparent", bad), ("tracestate", "vendor=1"))
    assert re.fullmatch(r"00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-00", site.asked[0].headers["traceparent"])
    assert TRACE not in site.asked[0].headers["traceparent"]
    assert "tracestate" not in site.asked[0].headers


async def test_a_tracestate_over_512_bytes_is_dropped():
    site = Site()
    async with fronting(site) as served:
        await served.get("/plain", ("traceparent", PARENT), ("tracestate", "v=" + "x" * 510))
        await served.get("/plain", ("traceparent", PARENT), ("tracestate", "v=" + "x" * 511))
    assert ["tracestate" in asked.headers for asked in site.asked] == [True, False]


async def test_d2_the_time_left_is_sent_on_and_shrinks():
    site = Site({"/base/x": after(0.1, replying('{"n": 1}'))})
    async with fronting(site) as served:
        await served.get("/pair", ("x-request-timeout-ms", "900"))
    first, second = [int(asked.headers["x-request-timeout-ms"]) for asked in site.asked]
    assert 700 < first <= 900
    assert 400 < second <= first - 90


async def test_nothing_of_it_goes_to_an_upstream_with_propagate_off():
    site = Site()
    async with fronting(site, "127.0.0.1") as served:
        await served.get("/quiet", *CLIENT)
    assert set(site.asked[0].headers) == {"host", "accept-encoding"}


async def test_a_call_without_a_path_is_the_base_path_itself():
    site = Site()
    async with fronting(site) as served:
        await served.get("/base")
    assert site.asked[0].target == "/base/"  # as its author wrote it


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        ("/s/a%20b", "/base/s/a%20b/end"),
        ("/s/%C3%A4", "/base/s/%C3%A4/end"),
        ("/s/a%252Fb", "/base/s/a%252Fb/end"),
        ("/s/a;b=c@d:e,f", "/base/s/a%3Bb%3Dc%40d%3Ae%2Cf/end"),
        ("/s/a%3Fb%23c%26d", "/base/s/a%3Fb%23c%26d/end"),
        ("/s/...", "/base/s/.../end"),
        ("/s/~a-b._", "/base/s/~a-b._/end"),
        ("/rest/a/b%20c/d", "/base/files/a/b%20c/d"),
        ("/pre/a", "/base/s/.a"),
    ],
)
async def test_a_value_is_text_of_one_segment_whatever_it_is(target, asked):
    site = Site()
    async with fronting(site) as served:
        assert (await served.get(target)).status == 200
    assert site.asked[0].target == asked


@pytest.mark.parametrize(
    "target",
    [
        "/s/a%2Fb",
        "/s/a%5Cb",
        "/s/.",
        "/s/..",
        "/s/%2E%2E",
        "/s/%2e",
        "/pre/.",
        "/pre/%2E",
        "/rest/a/../b",
        "/rest/a/%2e%2e/b",
        "/rest/a%2Fb",
        "/rest/a//b",
        "/rest/a/",
        "/rest/a%5Cb",
        "/rest/.",
    ],
)
async def test_a_value_that_could_become_another_path_is_a_400(target):
    site = Site()
    async with fronting(site) as served:
        answer = await served.get(target)
    assert (answer.status, answer.json["cause"]) == (400, "bad_request")
    assert answer.json["errors"][0]["parameter"] in {"name", "rest"}
    assert site.asked == []


@pytest.mark.parametrize("value", ["", "a/b", "a\\b", "a\nb", "a\u0085b", ".", "..", None, {}, []])
async def test_a_value_of_a_step_that_could_become_another_path_skips_the_call(value):
    site = Site({"/base/x": {"v": value}})
    async with fronting(site) as served:
        answer = await served.get("/step")
    assert answer.headers["gateway-degraded"] == "y;cause=skipped;served=nothing"
    assert site.paths == ["/base/x"]


@pytest.mark.parametrize(
    ("value", "path"), [("a/b", "/base/y/a/b"), ("a", "/base/y/a"), ("a/../b", None), ("a//b", None)]
)
async def test_a_path_of_a_step_keeps_its_slashes_under_the_same_rule(value, path):
    site = Site({"/base/x": {"v": value}})
    async with fronting(site) as served:
        await served.get("/step/path")
    assert site.paths == ["/base/x", *([path] if path else [])]


@pytest.mark.parametrize(
    ("value", "query"),
    [
        ("a&b=c", "v=a%26b%3Dc&w=1"),
        ("", "v=&w=1"),
        (1.50, "v=1.5&w=1"),
        (True, "v=true&w=1"),
        (None, "w=1"),
        ("ä\n", "v=%C3%A4%0A&w=1"),
    ],
)
async def test_a_query_value_is_encoded_and_left_out_if_there_is_none(value, query):
    site = Site({"/base/x": {"v": value}})
    async with fronting(site) as served:
        await served.get("/step/query")
    assert site.asked[1].query == query


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "a\0b"])
async def test_a_header_value_that_could_become_another_header_is_refused(value):
    site = Site({"/base/x": {"v": value}})
    async with fronting(site) as served:
        answer = await served.get("/step/header")
    assert answer.headers["gateway-degraded"] == "y;cause=skipped;served=nothing"
    assert site.paths == ["/base/x"]


async def test_a_form_is_encoded_and_a_pair_without_value_left_out():
    site = Site()
    async with fronting(site) as served:
        await served.ask("/form?v=a%20b%26c", "POST")
        await served.ask("/form", "POST")
    assert [asked.body for asked in site.asked] == [b"v=a%20b%26c&w=1", b"w=1"]
    assert site.asked[0].headers["content-type"] == "application/x-www-form-urlencoded"


async def test_numbers_of_a_body_keep_their_digits_on_their_way():
    site = Site()
    async with fronting(site) as served, served.client() as client:
        body = b'{"n": 1.10, "m": 12345678901234567890123}'
        client.send_raw(b"POST /form/put HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n")
        client.send_raw(b"content-length: %d\r\n\r\n" % len(body) + body)
        assert (await client.answer()).status == 200
    assert site.asked[0].body == b'{"all":' + body + b"}"
    assert site.asked[0].method == "PUT"


async def test_every_method_is_sent_as_itself():
    site = Site({"/base/x": replying(b"", 204)})
    async with fronting(site) as served:
        assert (await served.ask("/d", "DELETE")).json == {"x": None}
        assert (await served.get("/head")).json == {"x": None}
        assert (await served.get("/patch")).json == {"x": None}
    assert [asked.method for asked in site.asked] == ["DELETE", "HEAD", "PATCH"]
    assert site.asked[2].body == b"plain"
    assert site.asked[2].headers["content-type"] == "text/plain; charset=utf-8"
