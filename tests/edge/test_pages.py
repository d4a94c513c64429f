"""The gateway's own pages: health for everybody, problems for everything else."""

import logging

import pytest
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Mount

from gateway.edge.answer import HalfAnswerError
from gateway.edge.health import Health, Phase
from gateway.edge.openapi import RouteDescription
from gateway.edge.pages import is_page, new_app, public_pages
from gateway.edge.pattern import parse_pattern
from tests.support.pages import listening

ROUTE = RouteDescription(method="GET", pattern=parse_pattern("/user/{id:int}"))


def pages(routes=(ROUTE,), phase=Phase.READY):
    return public_pages(Health({"users": None}, {"GET /user/{id:int}": ["users"]}, lambda: phase), routes)


async def test_health_shows_status_and_states():
    async with listening(pages()) as client:
        answer = await client.get("/health")

    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "healthy", "upstreams": {"users": "unguarded"}},
    )
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("phase", "status"), [(Phase.READY, 200), (Phase.DRAINING, 503)])
async def test_ready_and_live_know_only_the_process(phase, status):
    async with listening(pages(phase=phase)) as client:
        assert (await client.get("/health/ready")).status_code == status
        assert (await client.get("/health/live")).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/docs", "/openapi.json"])
async def test_head_is_answered_without_a_body(path):
    async with listening(pages()) as client:
        answer = await client.head(path)

    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "path", ["/nothing", "/health/", "/docs/", "/Health", "/docs/README.md", "/health/x"]
)
async def test_unknown_page_is_a_problem_and_no_redirect(path):
    async with listening(pages()) as client:
        answer = await client.get(path, headers={"x-request-id": "r-1"})

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "r-1"


async def test_other_methods_are_a_405_with_allow():
    async with listening(pages()) as client:
        answer = await client.post("/health")
        options = await client.options("/health")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.json()["cause"] == "method_not_allowed"
    assert (options.status_code, options.headers["allow"], options.content) == (
        204,
        "GET, HEAD, OPTIONS",
        b"",
    )


async def test_docs_can_be_off():
    async with listening(pages(routes=None)) as client:
        for path in ("/docs", "/openapi.json", "/docs/swagger-ui.css"):
            assert (await client.get(path)).status_code == 404
        assert (await client.get("/health")).status_code == 200


async def test_pages_work_where_they_are_mounted():
    async with listening(Starlette(routes=[Mount("/gw", pages())])) as client:
        assert (await client.get("/gw/health")).status_code == 200
        assert (await client.get("/gw/openapi.json")).json()["servers"] == [{"url": "/gw"}]


async def test_bug_is_a_problem_with_an_id_that_stands_in_the_log(caplog):
    app = new_app()

    async def broken(request):
        raise KeyError("password=hunter2")

    app.add_route("/broken", broken)
    async with listening(app, raise_bugs=False) as client:
        with caplog.at_level(logging.ERROR, "gateway.edge"):
            answer = await client.get("/broken")

    assert answer.status_code == 500
    assert answer.json()["request_id"] in caplog.text
    assert "hunter2" not in answer.text + caplog.text


async def test_bug_is_not_told_to_the_server_which_would_log_all_of_it(caplog):
    app = new_app()

    async def broken(request):
        raise KeyError(request.headers["authorization"])

    async def half(request):
        async def pieces():
            yield b"begun"
            raise KeyError(request.headers["authorization"])

        return StreamingResponse(pieces())

    app.add_route("/broken", broken)
    app.add_route("/half", half)
    headers = {"authorization": "Bearer s3cret-token"}
    async with listening(app) as client:
        assert (await client.get("/broken", headers=headers)).status_code == 500
        with pytest.raises(HalfAnswerError) as told:
            await client.get("/half", headers=headers | {"x-request-id": "mine-1"})

    assert str(told.value) == "mine-1"
    assert told.value.__suppress_context__
    assert caplog.text.count("bug in /") == 2
    assert "s3cret-token" not in caplog.text


@pytest.mark.parametrize(
    "path", [b"/health", b"/health/live", b"/health/x", b"/docs", b"/docs/docs.js", b"/openapi.json"]
)
def test_own_paths_are_never_a_routes(path):
    assert is_page(path)


@pytest.mark.parametrize("path", [b"/", b"/healthy", b"/docsearch", b"/openapi.yaml", b"/api/health"])
def test_other_paths_are_the_routes(path):
    assert not is_page(path)
