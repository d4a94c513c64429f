"""Answers that are not JSON, over real sockets: what a step gets, and what is counted."""

import contextlib

import pytest

from gateway.buffered import Buffered
from gateway.outcome import Cause
from gateway.sources.decoded import DecodedRequest, decoded
from gateway.sources.encodings.table import DECODERS
from gateway.transport.exchange import Request, Response
from tests.support.calls import make_call
from tests.support.gateways import replying, serving

CONFIG = """
upstreams: { a: { url: "${URL}", retry: off, transport: @KIND } }
routes:
  GET /xml: { steps: { x: { get: a/x, decode: xml }, y: { get: "a/{x.order['@id']}" } } }
  GET /auto: { steps: { x: { get: a/x, decode: auto } } }
  GET /both: { steps: { x: { get: a/x, decode: text }, y: { get: a/x } } }
  GET /cached: { steps: { x: { get: a/x, decode: csv, cache: { ttl: 5s } } } }
"""


async def test_growth_is_counted_and_bounded():
    def ask(room):
        buffered, call = Buffered(room), make_call()
        call.payload = DecodedRequest(Request("GET", b"/"), DECODERS["csv"])
        return decoded(Response(200, [], b"a\n1\n2"), call, buffered), buffered.used, call.held

    assert ask(100) == (b'[{"a":"1"},{"a":"2"}]', 16, 16)
    failure, used, held = ask(10)
    assert (failure.cause, used, held) == (Cause.BULKHEAD_FULL, 0, 0)


def answering(body, *headers):
    async def script(peer):
        while True:
            await peer.request()
            await peer.send(replying(body, headers=headers))

    return script


@contextlib.asynccontextmanager
async def asking(script, kind="h1"):
    async with serving(CONFIG.replace("@KIND", kind), URL=script) as served:
        yield served


@pytest.mark.parametrize("kind", ["h1", "httpx"])
async def test_fields_of_an_xml_part_can_be_read(kind):
    async def script(peer):
        while True:
            asked = await peer.request()
            await peer.send(replying('<order id="7"/>' if b" /x " in asked else '{"n":1}'))

    async with asking(script, kind) as g:
        got = await g.get("/xml")

        assert got.json == {"x": {"order": {"@id": "7"}}, "y": {"n": 1}}
        assert b"GET /7 " in g.up["URL"].requests[1]


async def test_malformed_part_is_unreadable_and_counts_against_the_upstream():
    async with asking(answering("<a>")) as g:
        got = await g.get("/xml")

        assert g.gateway.upstreams["a"].breaker.snapshot().failed == 1
        assert got.json["cause"] in {"unreadable", "skipped"}


@pytest.mark.parametrize(
    ("content_type", "body", "value"),
    [
        ("text/csv", "a\n1", [{"a": "1"}]),
        ("text/plain", "1", "1"),
        ("application/json", "1", 1),
        ("x/y", "1", 1),
    ],
)
async def test_auto_goes_by_what_comes(content_type, body, value):
    async with asking(answering(body, f"content-type: {content_type}")) as g:
        assert (await g.get("/auto")).json == {"x": value}


async def test_same_request_read_differently_is_not_equal():
    async with asking(answering("12")) as g:
        assert (await g.get("/both")).json == {"x": "12", "y": 12}
        assert len(g.up["URL"].requests) == 2


async def test_copies_are_json():
    async with asking(answering("a,b\n1,2")) as g:
        for _ in range(2):
            assert (await g.get("/cached")).json == {"x": [{"a": "1", "b": "2"}]}
        assert len(g.up["URL"].requests) == 1


async def test_empty_answer_is_null_whatever_it_should_have_been():
    async with asking(answering("")) as g:
        assert (await g.get("/cached")).json == {"x": None}
