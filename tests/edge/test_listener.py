"""Every request finds a page, a route or a refusal; and a bug anywhere is an answer with an id."""

import logging

import pytest

from gateway.edge.incoming import Intake
from gateway.edge.listener import Listener
from gateway.edge.pattern import parse_pattern
from gateway.edge.router import Router
from tests.support.asgi import AsgiClient


class Told:
    """A meter and an access log."""

    def __init__(self):
        self.records, self.refusals = [], []

    def record(self, status, degraded, seconds):
        self.records.append((status, degraded))

    def refused(self, route, status, trace, seconds):
        self.refusals.append((route, status, trace.request_id))


def page_or_endpoint(name):
    async def answer(scope, receive, send, params=None):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": f"{name} {params}".encode()})

    return answer


async def buggy(scope, receive, send, params=None):
    raise KeyError("s3cret", scope["query_string"], scope["headers"], params)


class Gateway:
    """A listener with the routes ``GET /user/{id}``, ``GET /{rest:path}`` and the faulty ``GET /bug``."""

    def __init__(self, *, logged=True):
        router = Router()
        for pattern, endpoint in (
            ("/user/{id:int}", page_or_endpoint("user")),
            ("/all/{rest:path}", page_or_endpoint("all")),
            ("/bug", buggy),
            ("/bug/{id}", buggy),
        ):
            assert router.add("GET", parse_pattern(pattern), endpoint) is None
        self.told = Told()
        log = self.told if logged else None
        self.listener = Listener(router, page_or_endpoint("page"), Intake(), self.told, log)

    async def ask(self, path, method="GET", **request):
        client = AsgiClient(method, path, **request)
        await self.listener(client.scope, client.receive, client.send)
        return client


async def test_route_gets_its_parameters():
    assert (await Gateway().ask("/user/7")).body == b"user {'id': '7'}"


@pytest.mark.parametrize(
    "path", ["/health", "/health/ready", "/health/x", "/docs", "/docs/x", "/openapi.json"]
)
async def test_gateways_own_paths_go_to_its_pages(path):
    assert (await Gateway().ask(path)).body == b"page None"


async def test_path_below_where_it_is_mounted_counts():
    assert (await Gateway().ask("/api/user/7", root_path="/api")).body == b"user {'id': '7'}"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("POST", "/user/7", 405),
        ("GET", "/user/x", 400),
        ("GET", "/user/%ff", 400),
        ("OPTIONS", "/user/7", 204),
    ],
)
async def test_request_without_a_route_is_answered_counted_and_logged(method, path, status):
    gateway = Gateway()

    answer = await gateway.ask(path, method, headers=[("x-request-id", "r-1")])

    assert (answer.status, answer.headers["x-request-id"]) == (status, "r-1")
    assert gateway.told.records == [(status, False)]
    assert gateway.told.refusals == [("no route", status, "r-1")]


async def test_log_that_is_off_is_not_told():
    gateway = Gateway(logged=False)

    assert (await gateway.ask("/nowhere")).status == 404
    assert gateway.told.refusals == []


async def test_bug_is_a_500_whose_id_is_in_the_log_and_whose_text_is_not_in_the_answer(caplog):
    answer = await Gateway().ask("/bug", headers=[("x-request-id", "r-1")])

    assert (answer.status, answer.json["cause"], answer.json["request_id"]) == (500, "internal", "r-1")
    assert b"s3cret" not in answer.body
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("bug outside of any step request=r-1 trace=")
    assert "KeyError" in caplog.text


async def test_bug_that_quotes_the_request_is_logged_without_what_it_quotes(caplog):
    headers = [("authorization", "Bearer s3cret-token"), ("cookie", "a=s3cret-cookie")]

    await Gateway().ask("/bug/s3cret-id", headers=headers, query=b"q=s3cret%20query&bug")

    assert "KeyError: ('s3cret', " in caplog.text
    assert "s3cret-token" not in caplog.text
    assert "s3cret-cookie" not in caplog.text
    assert "s3cret%20query" not in caplog.text
    assert "s3cret-id" not in caplog.text
