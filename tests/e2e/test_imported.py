"""An imported KrakenD configuration answers as KrakenD documents it; where not, docs/from-krakend.md says so.

Each case is a whole KrakenD file whose host is a scripted upstream; it goes through the steps of
`gateway import krakend`, and the answer comes from a listening gateway.
"""

import contextlib
import json

import pytest

from gateway.importing.foreign import parsed
from gateway.importing.krakend.convert import convert
from gateway.importing.sound import sound_text
from tests.support.gateways import Site, after, replying, serving
from tests.support.servers import scripted

FAILED = (500, "secret")


@contextlib.asynccontextmanager
async def imported(pages, *endpoints, **root):
    """Serve *endpoints*, whose backends call a host with these *pages*; ``site`` has what it was asked."""
    site = Site(pages)
    async with scripted(site) as host:
        document = {"version": 3, "timeout": "500ms", "host": [host.url], "endpoints": list(endpoints)}
        draft, report = convert(parsed(json.dumps(document | root), "krakend.json"))
        text = sound_text(draft, report, "imported")
        assert len(draft.routes) == len(endpoints), str(report)
        async with serving(text) as served:
            served.site = site
            yield served


def one(**backend):
    return {"endpoint": "/a", "backend": [{"url_pattern": "/one"} | backend]}


def two(first=None, second=None, **keys):
    backends = [{"url_pattern": "/one"} | (first or {}), {"url_pattern": "/two"} | (second or {})]
    return {"endpoint": "/a", "backend": backends} | keys


async def test_answers_of_several_backends_are_one_object():
    async with imported({"/one": {"a": 1, "x": "one"}, "/two": {"b": 2, "x": "two"}}, two()) as served:
        answer = await served.get("/a")

    assert answer.status == 200
    assert answer.json == {"a": 1, "x": "two", "b": 2}


async def test_later_backend_wins_also_if_it_answers_first():
    slow = after(0.05, replying({"x": "one"}))
    async with imported({"/one": slow, "/two": {"x": "two"}}, two()) as served:
        assert (await served.get("/a")).json == {"x": "two"}


@pytest.mark.parametrize("failure", [FAILED, (404, "none"), b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n["])
async def test_part_that_failed_is_not_there_and_is_named(failure):
    async with imported({"/one": failure, "/two": {"b": 2}}, two({"group": "first"})) as served:
        answer = await served.get("/a")

    assert (answer.status, answer.json) == (200, {"b": 2})
    assert answer.headers["gateway-degraded"].startswith("first;cause=")
    assert answer.headers["cache-control"] == "no-store"


async def test_lifetime_for_clients_is_on_complete_answers():
    async with imported({"/one": {"a": 1}}, one() | {"cache_ttl": "5m"}) as served:
        assert (await served.get("/a")).headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize(("failure", "status"), [(FAILED, 502), ((404, "none"), 404), ((429, ""), 503)])
async def test_when_nothing_answers_the_request_fails_with_a_status_that_says_why(failure, status):
    async with imported({"/one": failure, "/two": FAILED}, two()) as served:
        answer = await served.get("/a")

    assert answer.status == status  # KrakenD: 500 for everything
    assert answer.headers["content-type"] == "application/problem+json"
    assert b"secret" not in answer.body


async def test_formatting_of_an_answer():
    page = {"data": {"id": 1, "name": "Ada", "address": {"city": "London", "zip": "x"}}, "meta": 1}
    backend = one(target="data", allow=["id", "address.city"], mapping={"id": "user_id"}, group="user")
    async with imported({"/one": page}, backend) as served:
        assert (await served.get("/a")).json == {"user": {"user_id": 1, "address": {"city": "London"}}}


async def test_deny_leaves_out_and_missing_members_are_no_trouble():
    page = {"a": 1, "b": {"c": 2, "d": 3}}
    async with imported({"/one": page}, one(deny=["a", "b.c", "nothing.at.all"])) as served:
        assert (await served.get("/a")).json == {"b": {"d": 3}}


async def test_collections():
    pages = {"/one": [1, 2], "/two": [3]}
    grouped = two({"is_collection": True}, {"is_collection": True, "group": "two"})
    async with imported(pages, grouped) as served:
        assert (await served.get("/a")).json == {"collection": [1, 2], "two": {"collection": [3]}}
    async with imported(pages, one(is_collection=True) | {"output_encoding": "json-collection"}) as served:
        assert (await served.get("/a")).json == [1, 2]


async def test_flatmap():
    operations = [
        {"type": "move", "args": ["data.*.name", "data.*.title"]},
        {"type": "del", "args": ["data.0.secret"]},
        {"type": "append", "args": ["data", "items"]},
    ]
    page = {"data": [{"name": "a", "secret": 1}, {"name": "b", "secret": 2}], "items": [0]}
    extra = {"proxy": {"flatmap_filter": operations}}
    async with imported({"/one": page}, one(extra_config=extra)) as served:
        assert (await served.get("/a")).json["items"] == [0, {"title": "a"}, {"secret": 2, "title": "b"}]


async def test_sequential_parameters_come_from_the_answer_before():
    chain = two(
        {"group": "hotel"},
        {"url_pattern": "/two/{resp0_hotel.id}?name={resp0_hotel.name}"},
        extra_config={"proxy": {"sequential": True}},
    )
    async with imported({"/one": {"id": 7, "name": "a&b=c"}, "/two/7": {"found": True}}, chain) as served:
        answer = await served.get("/a")
        asked = [request.target for request in served.site.asked]

    assert answer.json == {"hotel": {"id": 7, "name": "a&b=c"}, "found": True}
    assert asked == ["/one", "/two/7?name=a%26b%3Dc"]  # KrakenD would have sent a parameter b


async def test_chain_stops_at_the_first_failure_and_serves_what_there_is():
    chain = two({}, {"url_pattern": "/two/{resp0_id}"}, extra_config={"proxy": {"sequential": True}})
    chain["backend"].append({"url_pattern": "/three/{resp1_id}", "group": "third"})
    async with imported({"/one": {"id": 1}, "/two/1": FAILED}, chain) as served:
        answer = await served.get("/a")
        asked = [request.target for request in served.site.asked]

    assert (answer.status, answer.json) == (200, {"id": 1})
    assert asked == ["/one", "/two/1"]


async def test_missing_value_makes_no_call():
    chain = two({}, {"url_pattern": "/two/{resp0_nothing}"}, extra_config={"proxy": {"sequential": True}})
    async with imported({"/one": {"id": 1}}, chain) as served:
        assert (await served.get("/a")).json == {"id": 1}
        assert [request.target for request in served.site.asked] == ["/one"]  # KrakenD calls `{{.Resp0_x}}`


@pytest.mark.parametrize(("first", "answer"), [({"a": 1}, {"a": 1, "v": 3}), (FAILED, {"v": 3})])
async def test_static_data_that_are_always_there_make_an_answer_of_a_failure(first, answer):
    static = {"proxy": {"static": {"strategy": "always", "data": {"v": 3}}}}
    async with imported({"/one": first}, one() | {"extra_config": static}) as served:
        given = await served.get("/a")

    assert (given.status, given.json) == (200, answer)


@pytest.mark.parametrize(
    ("strategy", "good", "bad"),
    [
        ("errored", {"a": 1}, {"v": 3}),
        ("incomplete", {"a": 1}, {"v": 3}),
        ("success", {"a": 1, "v": 3}, None),
    ],
)
async def test_static_data_by_how_the_one_backend_ended(strategy, good, bad):
    static = {"extra_config": {"proxy": {"static": {"strategy": strategy, "data": {"v": 3}}}}}
    async with imported({"/one": {"a": 1}}, one() | static) as served:
        assert (await served.get("/a")).json == good
    async with imported({"/one": FAILED}, one() | static) as served:
        answer = await served.get("/a")
    assert (answer.status, answer.json) == (200, bad) if bad else answer.status == 502


async def test_only_what_is_listed_of_the_client_goes_on():
    endpoint = one() | {"input_query_strings": ["tag"], "input_headers": ["X-Tenant"]}
    async with imported({"/one": {}}, endpoint) as served:
        await served.ask(
            "/a?tag=a%20b&tag=c&other=1", headers=[("x-tenant", "acme"), ("x-other", "1"), ("cookie", "c=1")]
        )
        (asked,) = served.site.asked

    assert asked.target == "/one?tag=a%20b&tag=c"
    assert asked.headers["x-tenant"] == "acme"
    assert not {"x-other", "cookie"} & set(asked.headers)


async def test_body_is_passed_on_as_it_came():
    endpoint = one() | {"method": "POST"}
    async with imported({"/one": {"ok": True}}, endpoint) as served:
        await served.ask("/a", method="POST", body={"n": 1.10})
        (asked,) = served.site.asked

    assert (asked.method, asked.body) == ("POST", b'{"n": 1.1}')


async def test_backends_are_not_asked_again():
    async with imported({"/one": FAILED}, one()) as served:
        await served.get("/a")
        assert len(served.site.asked) == 1


async def test_concurrent_calls_take_the_first_answer():
    calls = iter([after(0.3, replying({"by": "slow"})), (200, {"by": "fast"})])

    async def page(peer):
        site = Site({"/one": next(calls)})
        await site._reply(peer, site.pages["/one"])

    async with imported({"/one": page}, one() | {"concurrent_calls": 2}) as served:
        assert (await served.get("/a")).json == {"by": "fast"}


async def test_breaker_opens_after_more_than_max_errors():
    breaker = {"qos/circuit-breaker": {"interval": 60, "timeout": 10, "max_errors": 1}}
    async with imported({"/one": FAILED}, one(extra_config=breaker)) as served:
        statuses = [(await served.get("/a")).status for _ in range(4)]
        asked = len(served.site.asked)

    assert statuses == [502, 502, 503, 503]
    assert asked == 2


async def test_time_of_several_backends_is_a_share_of_the_endpoints():
    late = after(0.45, replying({"b": 2}))
    async with imported({"/one": {"a": 1}, "/two": late}, two()) as served:
        answer = await served.get("/a")

    assert answer.json == {"a": 1}
    assert "cause=timeout" in answer.headers["gateway-degraded"]


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_no_op_passes_status_headers_and_body_on(status):
    endpoint = one(encoding="no-op") | {"output_encoding": "no-op", "input_query_strings": ["*"]}
    page = (status, "<a>not JSON", "content-type: text/xml", "x-own: 1")
    async with imported({"/one": page}, endpoint) as served:
        answer = await served.get("/a?x=1&x=2")
        (asked,) = served.site.asked

    assert (answer.status, answer.body) == (status, b"<a>not JSON")
    assert (answer.headers["content-type"], answer.headers["x-own"]) == ("text/xml", "1")
    assert asked.target == "/one?x=1&x=2"


@pytest.mark.parametrize(("first", "asked"), [({"a": 1}, ["/one", "/two"]), (FAILED, ["/one"])])
async def test_sequential_backends_that_read_nothing_of_each_other_keep_their_order(first, asked):
    chain = two(extra_config={"proxy": {"sequential": True}}, method="POST")
    page = after(0.05, replying(first)) if first != FAILED else FAILED
    async with imported({"/one": page, "/two": {"b": 2}}, chain) as served:
        answer = await served.ask("/a", method="POST", body={})
        seen = [request.target for request in served.site.asked]

    assert seen == asked
    assert answer.status == (200 if len(asked) == 2 else 502)


async def test_answers_in_xml_and_text_become_json():
    pages = {
        "/one": replying(b"<a><b>1</b><b>2</b></a>", headers=["content-type: text/xml"]),
        "/two": replying(b"hello", headers=["content-type: text/plain"]),
    }
    async with imported(pages, two({"encoding": "xml"}, {"encoding": "string"})) as served:
        assert (await served.get("/a")).json == {"a": {"b": ["1", "2"]}, "content": "hello"}


async def test_answer_in_xml():
    async with imported({"/one": {"a": 1}}, one() | {"output_encoding": "xml"}) as served:
        answer = await served.get("/a")

    assert answer.headers["content-type"].startswith("application/xml")
    assert b"<a>1</a>" in answer.body
