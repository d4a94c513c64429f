"""Calls that change something: sent in order, with their bodies, and again only if that does no harm."""

import pytest

from tests.support.gateways import Site, hanging, resetting, serving

CONFIG = """
upstreams: { a: { url: "${URL}", timeout: 400ms, retry: { attempts: 3, backoff: 1ms }, budget: off } }
routes:
  POST /post: { steps: { s: { post: a/s, json: "{body}" } } }
  PUT /put/{id}: { steps: { s: { put: "a/s/{id}", json: { id: "{id}", name: "{body.name}" } } } }
  PATCH /patch: { steps: { s: { patch: a/s, json: "{body}", headers: { if-match: "{header.if-match}" } } } }
  DELETE /delete/{id}: { steps: { s: { delete: "a/s/{id}" } } }
  POST /keyed:
    steps:
      s: { post: a/s, json: "{body}", headers: { idempotency-key: "{header.idempotency-key | 'none'}" } }
  POST /repeatable: { steps: { s: { post: a/s, json: "{body}", repeatable: true } } }
  POST /once: { steps: { s: { put: a/s, json: "{body}", repeatable: false } } }
  POST /turns:
    steps:
      last: { post: a/third, json: "{second.id}", required: true }
      second: { post: a/second, json: "{first.id}", required: true }
      first: { post: a/first, json: 1, required: true }
  POST /after:
    steps:
      closed: { delete: a/account, when: "{paid.id}", required: true }
      paid: { post: a/payment, json: 1, required: true }
"""


def at(script):
    return serving(CONFIG, URL=script)


def asked(site):
    return [(each.method, each.path) for each in site.asked]


async def test_methods_bodies_and_headers_arrive_as_they_are_written():
    site = Site(default={"ok": True})
    async with at(site) as served:
        await served.ask("/post", "POST", {"n": 1})
        await served.ask("/put/7", "PUT", {"name": "x"})
        await served.ask("/patch", "PATCH", [1], headers=[("if-match", '"v1"')])
        await served.ask("/delete/7", "DELETE")

    assert asked(site) == [("POST", "/s"), ("PUT", "/s/7"), ("PATCH", "/s"), ("DELETE", "/s/7")]
    assert [each.body for each in site.asked] == [b'{"n": 1}', b'{"id":"7","name":"x"}', b"[1]", b""]
    assert site.asked[2].headers["if-match"] == '"v1"'


async def test_answer_without_a_body_is_null():
    async with at(Site({"/s/7": b"HTTP/1.1 204 Gone\r\n\r\n"})) as served:
        answer = await served.ask("/delete/7", "DELETE")

    assert (answer.status, answer.json) == (200, {"s": None})


@pytest.mark.parametrize(
    ("method", "target", "times"),
    [
        ("POST", "/post", 1),
        ("PATCH", "/patch", 1),
        ("POST", "/once", 1),
        ("PUT", "/put/7", 3),
        ("DELETE", "/delete/7", 3),
        ("POST", "/keyed", 3),
        ("POST", "/repeatable", 3),
    ],
)
@pytest.mark.parametrize("trouble", [(503, {}), resetting, hanging])
async def test_call_is_made_again_only_if_it_may_be(method, target, times, trouble):
    site = Site(default=trouble)
    async with at(site) as served:
        answer = await served.ask(target, method, {"name": "x"} if method != "DELETE" else None)
        await served.idle(2.0)

    assert answer.status in {502, 504}
    assert len(site.asked) == times


async def test_calls_that_read_each_other_are_made_one_after_the_other():
    site = Site({"/first": {"id": 1}, "/second": {"id": 2}, "/third": {"id": 3}})
    async with at(site) as served:
        answer = await served.ask("/turns", "POST")

    assert asked(site) == [("POST", "/first"), ("POST", "/second"), ("POST", "/third")]
    assert list(answer.json) == ["last", "second", "first"]


@pytest.mark.parametrize(("payment", "calls"), [({"id": 1}, 2), ((402, {}), 1)])
async def test_call_that_only_comes_after_another_is_not_made_without_it(payment, calls):
    site = Site({"/payment": payment, "/account": {}})
    async with at(site) as served:
        await served.ask("/after", "POST")

    assert asked(site) == [("POST", "/payment"), ("DELETE", "/account")][:calls]
