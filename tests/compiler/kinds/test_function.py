"""Python steps and sources that other distributions bring along: what is told at start-up, and what runs."""

import json

import pytest

from gateway.config import ConfigError
from tests.support.gateways import listening
from tests.support.python_steps import steps_beside

ROUTE = "routes: {{ GET /x: {{ steps: {{ a: {{ {} }} }} }} }}\n"


@pytest.fixture
def folder(tmp_path):
    with steps_beside(tmp_path) as made:
        yield made


def faults(folder, text, **environ):
    with pytest.raises(ConfigError) as caught:
        folder.gateway(text, **environ)
    return [(str(fault.place).rpartition("/")[2], fault.message, fault.hint) for fault in caught.value.faults]


async def test_a_step_is_answered_by_a_function_beside_the_configuration(folder):
    config = """
    routes:
      GET /x/{id:int}:
        time_limit: 5s
        steps:
          score: { python: "MODULE:score", with: { of: "{id}" } }
          twice: { python: "MODULE:score", with: { of: "{score.score}" }, timeout: 500ms }
          object: { python: "MODULE:counts" }
    """
    gateway = folder.gateway(config)
    async with gateway, listening(gateway) as served:
        answer = await served.get("/x/21")
        told = gateway.explain()

    assert json.loads(answer.body) == {
        "score": {"score": 42, "in_time": True},
        "twice": {"score": 84, "in_time": True},
        "object": 1,
    }
    name = f"python-{folder.module.replace('_', '-')}-score"
    assert list(gateway.upstreams) == [name, name.replace("-score", "-counts")]
    assert f"{name}  {folder.module}:score  (python)" in told
    assert "not repeatable" in told


async def test_what_a_function_raises_is_internal_and_no_word_of_it_reaches_the_client(folder, caplog):
    config = """
    routes:
      GET /x:
        steps:
          bad: { python: "MODULE:fails" }
          gone: { python: "MODULE:refuses" }
          ok: { value: 1 }
    """
    gateway = folder.gateway(config)
    async with gateway, listening(gateway) as served:
        answer = await served.get("/x")

    assert json.loads(answer.body)["degraded"] == {
        "bad": {"cause": "internal", "served": "nothing"},
        "gone": {"cause": "unreachable", "served": "nothing"},
    }
    assert b"secret" not in answer.body
    assert "a secret of the function" in caplog.text


async def test_a_function_that_hangs_costs_its_timeout_and_opens_its_circuit(folder):
    config = """
    upstreams:
      slow: { python: "MODULE:hangs", timeout: 20ms, breaker: { consecutive: 2 } }
    routes: { GET /x: { steps: { a: { upstream: slow, with: [1] }, b: { value: 1 } } } }
    """
    gateway = folder.gateway(config)
    async with gateway, listening(gateway) as served:
        causes = [json.loads((await served.get("/x")).body)["degraded"]["a"]["cause"] for _ in range(3)]
        health = json.loads((await served.get("/health")).body)

    assert causes == ["timeout", "timeout", "circuit_open"]
    assert health["upstreams"] == {"slow": "open"}
    assert gateway.upstreams["slow"].client.state().in_use == 0


async def test_functions_that_may_be_repeated_are_asked_once_and_kept(folder):
    config = """
    upstreams: { s: { python: "MODULE:score" } }
    routes:
      GET /x/{id:int}:
        steps: { a: { upstream: s, with: { of: "{id}" }, repeatable: true, cache: { ttl: 1m } } }
    """
    gateway = folder.gateway(config)
    async with gateway, listening(gateway) as served:
        scores = [json.loads((await served.get(f"/x/{n}")).body)["a"]["score"] for n in (1, 1, 2, 1)]

    assert scores == [2, 2, 4, 2]
    assert gateway.upstreams["s"].client.state().reused == 0
    assert gateway.upstreams["s"].client.state().created == 2


@pytest.mark.parametrize(
    ("step", "message", "hint"),
    [
        ("python: MODULE:scor", "there is no `scor` in `MODULE`", "did you mean `score`?"),
        ("python: MODULE:plain", "`plain` is not an async function", "write `async def`"),
        ("python: score", "python: `score` is not a function", "write package.module:function"),
        ("python: 5", "python: `5` is not text", "put it in quotes"),
        (
            "python: MODULE_broken:f",
            "`MODULE_broken` cannot be imported: ModuleNotFoundError: No module named 'nothing_is_called_so'",
            "a module is looked for as Python does, then beside this file",
        ),
    ],
)
def test_a_function_that_cannot_be_called_is_a_fault_at_its_place(folder, step, message, hint):
    message = message.replace("MODULE", folder.module)

    assert faults(folder, "upstreams: {}\n" + ROUTE.format(step)) == [("gateway.yaml:2:43", message, hint)]


def test_a_call_of_a_function_that_may_not_be_repeated_is_not_kept(folder):
    told = faults(folder, "upstreams: {}\n" + ROUTE.format("python: MODULE:score, cache: { ttl: 1s }"))

    assert [message for _, message, _ in told] == [
        "`cache` is for calls that can be equal, and this one cannot"
    ]


async def test_a_source_of_another_distribution_is_opened_asked_looked_at_and_closed(folder):
    config = """
    upstreams: { shop: { source: { name: prices, options: { currency: "${CURRENCY}" } }, timeout: 300ms } }
    routes: { "GET /x/{sku}": { steps: { price: { upstream: shop, with: { sku: "{sku}" } } } } }
    """
    gateway = folder.gateway(config, CURRENCY="EUR")
    async with gateway, listening(gateway) as served:
        answer = await served.get("/x/7")
        details = gateway.upstreams["shop"].details()
        told = gateway.explain()

    assert json.loads(answer.body) == {"price": {"sku": "7", "currency": "EUR"}}
    assert (details["address"], details["opened"]) == ("prices", 1)
    assert gateway.upstreams["shop"].details()["opened"] == 0
    assert "shop  prices  (source from gateway-prices 1.2)" in told
    assert "EUR" not in told


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("price", "no installed distribution brings a source `price`", "did you mean `prices`?"),
        ("prices", "`prices` cannot be made: KeyError: 'currency'", ""),
        ("plain", "what `plain` makes cannot be awaited", "it needs `async def`"),
        (
            "{ name: fails, options: { key: '${KEY}' } }",
            "`fails` cannot be made: ValueError: ${KEY} is not a key",
            "",
        ),
    ],
)
def test_a_source_that_cannot_be_had_is_a_fault_without_a_secret(folder, source, message, hint):
    text = f"upstreams:\n  shop: {{ source: {source} }}\n" + ROUTE.format("upstream: shop")
    told = faults(folder, text, KEY="secret")

    assert [(message, hint) for _, message, hint in told] == [(message, hint)]
    assert told[0][0].startswith("gateway.yaml:2:")


def test_an_entry_point_that_leads_nowhere_is_a_fault(folder):
    text = "upstreams:\n  shop: { source: gone }\n" + ROUTE.format("upstream: shop")

    assert faults(folder, text)[0][1].startswith("`gone` cannot be made: AttributeError: ")


def test_what_is_said_to_a_function_is_read_like_any_template(folder):
    told = faults(folder, "upstreams: {}\n" + ROUTE.format('python: MODULE:score, with: { of: "{b.c}" }'))

    assert [message for _, message, _ in told] == ["nothing is called `b`"]
