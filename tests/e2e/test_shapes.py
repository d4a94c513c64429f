"""Shapes, conditions and functions over real sockets: with caches, fallbacks, lists, calls of every form."""

import asyncio

import pytest

from tests.support.gateways import Site, hanging, serving

HEAD = 'upstreams: { a: { url: "${A}", retry: off, timeout: 200ms } }\nroutes:\n'
USER = {"id": 7, "name": "Ada", "secret": "x", "tags": ["b", "a"]}


def routes(text):
    return HEAD + text


@pytest.mark.parametrize(
    "layer", ["required: true", "hedge: { after: 100ms }", "coalesce: on", "cache: { ttl: 1m }", "retry: on"]
)
async def test_step_of_every_form_is_shaped_alike(layer):
    config = routes(
        f"  GET /x: {{ steps: {{ u: {{ get: a/u, pick: [id, name], wrap: user, {layer} }} }} }}\n"
    )
    async with serving(config, A=Site({"/u": USER})) as served:
        for _ in range(2):
            answer = await served.get("/x")

            assert answer.body == b'{"u":{"user":{"id":7,"name":"Ada"}}}'


async def test_copies_are_the_upstreams_own_and_shaped_when_served():
    config = routes(
        "  GET /x: { steps: { u: { get: a/u, pick: id, cache: { ttl: 1m } } } }\n"
        "  GET /y: { steps: { u: { get: a/u, omit: [secret, tags], cache: { ttl: 1m } } } }\n"
    )
    site = Site({"/u": USER})
    async with serving(config, A=site) as served:
        assert (await served.get("/x")).json == {"u": {"id": 7}}
        assert (await served.get("/y")).json == {"u": {"id": 7, "name": "Ada"}}
        assert (await served.get("/x")).json == {"u": {"id": 7}}
    assert site.paths == ["/u"]


async def test_stale_copy_is_shaped_and_fallback_is_not():
    config = routes(
        "  GET /x: { steps: { u: { get: a/u, pick: id, fallback: { name: nobody }, "
        "cache: { ttl: 10ms, stale_if_error: 1m } } } }\n"
        "  GET /y: { steps: { v: { get: a/v, pick: id, fallback: { name: nobody } } } }\n"
    )
    site = Site({"/u": USER, "/v": (500, {})})
    async with serving(config, A=site) as served:
        await served.get("/x")
        await asyncio.sleep(0.03)
        site.pages["/u"] = (500, {})

        stale, fallback = await served.get("/x"), await served.get("/y")

    assert stale.json == {"u": {"id": 7}, "degraded": {"u": {"cause": "failed", "served": "stale"}}}
    assert fallback.json["v"] == {"name": "nobody"}


async def test_answer_that_does_not_fit_is_degraded_and_leaves_the_circuit_alone():
    config = routes("  GET /x: { steps: { u: { get: a/u, pick: id }, v: { get: a/v } } }\n")
    async with serving(config, A=Site({"/u": [USER]})) as served:
        for _ in range(30):
            answer = await served.get("/x")

        assert answer.json["u"] is None
        assert answer.json["degraded"] == {"u": {"cause": "unreadable", "served": "nothing"}}
        assert served.gateway.upstreams["a"].addresses[0].breaker.snapshot().state == "closed"


async def test_required_step_that_does_not_fit_is_a_502_without_a_word_of_the_document():
    config = routes("  GET /x: { steps: { u: { get: a/u, unwrap: name, pick: id } } }\n")
    async with serving(config, A=Site({"/u": USER})) as served:
        answer = await served.get("/x")

    assert (answer.status, answer.json["cause"]) == (502, "unreadable")
    assert b"Ada" not in answer.body


async def test_dependent_steps_and_conditions_read_what_is_shaped():
    config = routes(
        "  GET /x:\n    steps:\n"
        "      u: { get: a/u, pick: [id, tags], rename: { id: key } }\n"
        '      v: { get: "a/v/{u.key}", when: "\'a\' in {u.tags}" }\n'
        '      w: { get: "a/w", when: "exists {u.id}" }\n'
    )
    site = Site({"/u": USER, "/v/7": {"ok": True}})
    async with serving(config, A=site) as served:
        answer = await served.get("/x")

    assert answer.json == {"u": {"key": 7, "tags": ["b", "a"]}, "v": {"ok": True}, "w": None}
    assert site.paths == ["/u", "/v/7"]


async def test_list_of_answers_is_shaped_as_a_list():
    config = routes(
        "  GET /x:\n    steps:\n"
        "      u: { get: a/u }\n"
        '      each: { get: "a/t/{item}", for_each: "{u.tags}", pick: "*.n", sort: n }\n'
    )
    site = Site({"/u": USER, "/t/a": {"n": 1, "z": 0}, "/t/b": {"n": 2, "z": 0}})
    async with serving(config, A=site) as served:
        answer = await served.get("/x")

    assert answer.json["each"] == [{"n": 1}, {"n": 2}]


async def test_list_may_be_what_functions_make_of_a_text():
    config = routes(
        "  GET /x:\n    steps:\n"
        "      u: { get: a/u }\n"
        '      ids: { get: "a/t/{item}", for_each: "{query.ids | split(\',\')}" }\n'
        '      few: { get: "a/t/{item}", for_each: { of: "{u.name | split(\'d\')}", max_items: 1 } }\n'
    )
    site = Site({"/u": USER, "/t/a": 1, "/t/b": 2})
    async with serving(config, A=site) as served:
        answer = await served.get("/x?ids=a,b")

        assert answer.json["ids"] == [1, 2]
        assert answer.json["degraded"] == {"few": {"cause": "too_large", "served": "nothing"}}
        assert (await served.get("/x")).status == 400


async def test_only_step_that_is_not_chosen_is_null_and_no_failure():
    config = routes('  GET /x: { steps: { u: { get: a/u, when: "{query.go:bool}" } } }\n')
    site = Site({"/u": USER})
    async with serving(config, A=site) as served:
        answer = await served.get("/x")

        assert (answer.status, answer.body) == (200, b'{"u":null}')
        assert "gateway-degraded" not in answer.headers
        assert (await served.get("/x?go=true")).json == {"u": USER}
        assert (await served.get("/x?go=perhaps")).status == 400
    assert len(site.asked) == 1


async def test_request_fails_if_all_steps_that_were_chosen_fail():
    config = routes('  GET /x: { steps: { u: { get: a/u }, v: { get: a/v, when: "{query.go:bool}" } } }\n')
    async with serving(config, A=Site({"/u": (500, {})})) as served:
        assert (await served.get("/x")).status == 502
        assert (await served.get("/x?go=true")).status == 200


async def test_condition_on_a_step_that_failed_skips_this_one_and_a_default_decides():
    config = routes(
        "  GET /x:\n    steps:\n      u: { get: a/u }\n      ok: { get: a/ok }\n"
        '      hard: { get: a/v, when: "{u.id} > 1" }\n'
        '      soft: { get: a/w, when: "{u.id | 0} == 0" }\n'
    )
    async with serving(config, A=Site({"/u": hanging, "/w": {"n": 1}})) as served:
        answer = await served.get("/x")

    assert answer.json["soft"] == {"n": 1}
    assert answer.json["degraded"]["hard"] == {"cause": "skipped", "served": "nothing"}


async def test_access_log_and_debugging_call_it_not_chosen():
    config = "telemetry: { debug: { loopback: on } }\n" + routes(
        "  GET /x: { steps: { u: { get: a/u, when: false }, v: { get: a/v } } }\n"
    )
    async with serving(config, A=Site({})) as served:
        answer = await served.get("/x", ("gateway-debug", "1"))

    assert '"step":"u","served":"not_chosen"' in answer.headers["gateway-debug"]


async def test_idempotency_key_of_a_request_is_one_for_all_attempts_of_its_calls():
    config = HEAD.replace("retry: off", "retry: { attempts: 2, backoff: 1ms }, budget: off") + (
        '  POST /x: { steps: { u: { post: a/u, headers: { idempotency-key: "{request.uuid}" } } } }\n'
    )
    site = Site({"/u": (500, {})})
    async with serving(config, A=site) as served:
        for _ in range(2):
            await served.ask("/x", "POST")

    keys = [asked.headers["idempotency-key"] for asked in site.asked]
    assert len(set(keys)) == 2
    assert len(keys) == 4


async def test_answer_of_a_route_is_shaped_whatever_its_parts_are():
    config = routes(
        "  GET /x:\n    steps: { o: { get: a/o }, u: { get: a/u } }\n"
        "    join: { o: { lookup: u, on: { by: id }, into: user } }\n    omit: u\n"
    )
    site = Site({"/o": [{"by": 7}, {"by": 8}], "/u": [USER]})
    async with serving(config, A=site) as served:
        assert (await served.get("/x")).json == {"o": [{"by": 7, "user": USER}, {"by": 8, "user": None}]}
        site.pages["/u"] = (500, {})
        degraded = await served.get("/x")

    assert degraded.json["o"] == [{"by": 7, "user": None}, {"by": 8, "user": None}]
    assert degraded.json["degraded"] == {"u": {"cause": "failed", "served": "nothing"}}
