"""Steps of several kinds in one route: what holds for HTTP steps holds for them."""

import asyncio
import json

import pytest

from tests.support.gateways import eventually, listening
from tests.support.python_steps import steps_beside


@pytest.fixture
def folder(tmp_path):
    with steps_beside(tmp_path) as made:
        (tmp_path / "rates.json").write_text('{"tax": 7.50, "valid": "2026", "regions": ["a", "b"]}')
        yield made


async def answer_of(folder, config, target, **environ):
    gateway = folder.gateway(config, **environ)
    async with gateway, listening(gateway) as served:
        answer = await served.get(target)
    return answer, gateway


async def test_a_function_is_called_for_each_item_of_a_list(folder):
    config = """
    upstreams: { s: { python: "MODULE:score" } }
    routes:
      GET /x:
        steps:
          list: { value: [1, 2, 1] }
          scores: { for_each: "{list}", upstream: s, with: { of: "{item}" }, repeatable: true }
    """
    answer, gateway = await answer_of(folder, config, "/x")

    assert [item["score"] for item in json.loads(answer.body)["scores"]] == [2, 4, 2]
    assert gateway.upstreams["s"].client.state().created == 2


async def test_answers_of_files_and_functions_are_shaped(folder):
    config = """
    upstreams: {}
    routes:
      GET /x:
        steps:
          rates: { file: rates.json, pick: [tax] }
          score: { python: "MODULE:score", with: { of: 4 }, pick: [score], rename: { score: points } }
    """
    answer, _ = await answer_of(folder, config, "/x")

    assert answer.body == b'{"rates":{"tax":7.50},"score":{"points":8}}'


async def test_a_function_that_is_not_chosen_is_not_called(folder):
    config = """
    upstreams: { s: { python: "MODULE:fails" } }
    routes:
      GET /x:
        steps:
          flag: { value: { on: false } }
          score: { upstream: s, when: "{flag.on} == true" }
    """
    answer, gateway = await answer_of(folder, config, "/x")

    assert json.loads(answer.body) == {"flag": {"on": False}, "score": None}
    assert gateway.upstreams["s"].client.state().created == 0


async def test_a_fallback_stands_in_for_a_function_that_failed_also_if_it_is_required(folder):
    config = """
    upstreams: {}
    routes:
      GET /x/{id:int}:
        steps: { score: { python: "MODULE:fails", required: true, fallback: { of: "{id}" } } }
    """
    answer, _ = await answer_of(folder, config, "/x/7")

    assert (answer.status, json.loads(answer.body)["score"]) == (200, {"of": 7})
    assert answer.headers["gateway-degraded"] == "score;cause=internal;served=fallback"


async def test_a_required_function_that_failed_fails_the_request_without_a_word_of_it(folder):
    answer, _ = await answer_of(
        folder, 'upstreams: {}\nroutes: { GET /x: { steps: { a: { python: "MODULE:fails" } } } }', "/x"
    )

    assert (answer.status, json.loads(answer.body)["cause"]) == (500, "internal")
    assert b"secret" not in answer.body


async def test_equal_calls_of_a_function_that_reads_are_one(folder):
    config = """
    upstreams: { s: { python: "MODULE:score" } }
    routes:
      GET /x:
        steps:
          a: { upstream: s, with: { of: 1 }, repeatable: true }
          b: { upstream: s, with: { of: 1 }, repeatable: true }
          c: { upstream: s, with: { of: 1 } }
    """
    answer, gateway = await answer_of(folder, config, "/x")

    assert {part["score"] for part in json.loads(answer.body).values()} == {2}
    assert gateway.upstreams["s"].client.state().created == 2


async def test_a_function_that_hangs_is_retried_only_if_it_may_be(folder):
    config = """
    upstreams: { s: { python: "MODULE:hangs", timeout: 20ms, budget: off } }
    routes:
      GET /x/{which}:
        steps:
          a: { upstream: s, repeatable: true, required: false }
          b: { value: 1 }
      GET /y:
        steps:
          a: { upstream: s, required: false }
          b: { value: 1 }
    """
    gateway = folder.gateway(config)
    async with gateway, listening(gateway) as served:
        client = gateway.upstreams["s"].client
        await served.get("/y")
        once = client.state().created
        await served.get("/x/1")

    assert (once, client.state().created) == (1, 3)
    assert client.state().in_use == 0


async def test_a_client_that_leaves_ends_a_function_only_if_it_may_be_repeated(folder):
    config = """
    upstreams: { s: { python: "MODULE:hangs", timeout: 400ms } }
    routes:
      GET /x: { time_limit: 1s, steps: { a: { upstream: s, repeatable: true } } }
      GET /y: { time_limit: 1s, steps: { a: { upstream: s } } }
    """
    gateway = folder.gateway(config)
    async with gateway, listening(gateway) as served:
        state = gateway.upstreams["s"].client.state
        for target, ends in (("/x", True), ("/y", False)):
            async with served.client() as client:
                client.send("GET", target)
                await eventually(lambda: state().in_use == 1)
            await asyncio.sleep(0.2)
            assert (state().in_use == 0) is ends
        await eventually(lambda: state().in_use == 0)


async def test_value_and_file_are_waited_for_by_nobody_and_measured_as_steps(folder):
    config = """
    upstreams: {}
    routes: { GET /x: { steps: { a: { value: 1 }, b: { file: rates.json } } } }
    """
    gateway = folder.gateway(config)
    async with gateway, listening(gateway) as served:
        answer = await served.get("/x")
        page = gateway.metrics.exposition()[0].decode()

    parts = answer.headers["server-timing"].split(",")
    assert {"a;dur", "b;dur"} <= {part.strip().partition("=")[0] for part in parts}
    assert 'step="a"' in page
    assert 'upstream="value"' not in page


async def test_a_function_undoes_what_a_step_did(folder):
    config = """
    upstreams: { undoing: { python: "MODULE:score" } }
    routes:
      POST /x:
        steps:
          done: { python: "MODULE:counts", undo: { upstream: undoing, with: { of: 1 } } }
          failed: { python: "MODULE:fails", required: true, when: "{done} == 1" }
    """
    gateway = folder.gateway(config)
    async with gateway, listening(gateway) as served:
        answer = await served.ask("/x", "POST")
        await eventually(lambda: gateway.upstreams["undoing"].client.state().created == 1)

    assert answer.status == 500


async def test_a_function_can_say_that_there_is_none(folder):
    config = """
    upstreams: {}
    routes:
      GET /x:
        steps:
          a: { python: "MODULE:knows_none", nothing_on: [404] }
          b: { python: "MODULE:knows_none", required: false }
    """
    answer, _ = await answer_of(folder, config, "/x")

    assert json.loads(answer.body) == {
        "a": None,
        "b": None,
        "degraded": {"b": {"cause": "rejected", "served": "nothing"}},
    }
