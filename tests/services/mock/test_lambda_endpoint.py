"""The local Lambda: what it shares with the real one, over real sockets and without the gateway."""

import asyncio
import json

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from services.mock.lambda_endpoint import KEY, REGION
from tests.support.gateways import eventually
from tests.support.lambdas import lambda_served


class Caller:
    """Calls as AWS tools do: signed by botocore, unless told not to be."""

    def __init__(self, served, client):
        self.url = served.url
        self.client = client

    async def ask(self, method, target, body=b"", *, signed=True, **headers):
        request = AWSRequest(method=method, url=self.url + target, data=body, headers=headers)
        if signed:
            SigV4Auth(Credentials(KEY.access_key, KEY.secret_key), "lambda", REGION).add_auth(request)
        return await self.client.request(method, request.url, content=body, headers=dict(request.headers))

    async def invoke(self, name, event=None, kind="RequestResponse"):
        headers = {"x-amz-invocation-type": kind}
        target = f"/2015-03-31/functions/{name}/invocations"
        return await self.ask("POST", target, json.dumps(event or {}).encode(), **headers)

    async def control(self, method="GET", **settings):
        return await self.client.request(method, f"{self.url}/__lambda", json=settings or None)


@pytest.fixture
async def called(request):
    how = getattr(request, "param", {})
    async with lambda_served(**how) as served, httpx.AsyncClient(trust_env=False, timeout=10) as client:
        caller = Caller(served, client)
        caller.served = served
        yield caller


async def test_a_call_signed_by_botocore_is_let_through(called):
    assert (await called.ask("GET", "/score/7?full=1")).json()["user_id"] == 7


async def test_an_unsigned_call_is_told_what_is_missing(called):
    answer = await called.ask("GET", "/score/7", signed=False)

    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (
        403,
        "MissingAuthenticationTokenException",
    )


async def test_signatures_can_be_off_and_keys_can_expire(called):
    await called.control("PUT", signed=False)
    assert (await called.ask("GET", "/score/7", signed=False)).status_code == 200
    await called.control("PUT", signed=True, keys_expired=True)
    answer = await called.ask("GET", "/score/7")
    assert answer.headers["x-amzn-errortype"] == "ExpiredTokenException"


@pytest.mark.parametrize("called", [{"cold_start": 0.2}], indirect=True)
async def test_the_first_call_waits_for_an_environment_and_the_next_one_does_not(called):
    loop = asyncio.get_running_loop()
    times = []
    for _ in range(2):
        began = loop.time()
        await called.invoke("echo")
        times.append(loop.time() - began)

    assert times[0] >= 0.2 > times[1]
    assert called.served.fleet("echo").cold_starts == 1


async def test_calls_at_once_have_an_environment_each_and_calls_in_a_row_share_one(called):
    for _ in range(3):
        await called.invoke("slow")
    assert called.served.fleet("slow").cold_starts == 1

    await asyncio.gather(*(called.invoke("slow", {"seconds": 0.1}) for _ in range(4)))
    assert called.served.fleet("slow").cold_starts == 4


async def test_environments_that_are_idle_for_long_end(called):
    await called.invoke("echo")
    called.served.change(idle_for=0.0)
    await asyncio.sleep(0.01)
    await called.invoke("echo")

    assert called.served.fleet("echo").cold_starts == 2


async def test_all_environments_can_be_ended(called):
    await called.invoke("echo")
    await called.control("DELETE")
    await called.invoke("echo")

    assert called.served.fleet("echo").cold_starts == 2


async def test_work_that_a_function_leaves_behind_is_frozen_between_calls(called):
    begun = (await called.invoke("background", {"begin": 1, "seconds": 0.05})).json()
    await asyncio.sleep(0.3)
    frozen = (await called.invoke("background")).json()
    thawed = (await called.invoke("background", {"wait": 0.02})).json()

    assert (begun["done"], frozen["done"], thawed["done"]) == (0, 0, 1)
    assert thawed["invocations"] == 3


async def test_more_than_its_concurrency_is_throttled(called):
    await called.control("PUT", concurrency=1)
    first = asyncio.create_task(called.invoke("slow", {"seconds": 0.2}))
    await eventually(lambda: called.served.fleet("slow").busy == 1)

    answer = await called.invoke("slow")

    assert answer.status_code == 429
    assert answer.headers["x-amzn-errortype"] == "TooManyRequestsException"
    assert (await first).status_code == 200


async def test_a_caller_that_leaves_does_not_stop_the_function(called):
    calling = asyncio.create_task(called.invoke("slow", {"seconds": 0.2}))
    await eventually(lambda: called.served.fleet("slow").busy == 1)
    calling.cancel()

    await asyncio.sleep(0.05)
    assert called.served.fleet("slow").busy == 1
    await eventually(lambda: called.served.fleet("slow").idle == 1)


async def test_an_event_whose_function_fails_is_tried_twice_more(called):
    called.served.endpoint.retry_after = 0.01
    answer = await called.invoke("fail", {"how": "x"}, "Event")

    assert (answer.status_code, answer.content) == (202, b"")
    await eventually(lambda: called.served.endpoint.events_ended == 1)
    assert called.served.fleet("fail").invocations == 3


@pytest.mark.parametrize(
    ("name", "event", "status", "said"),
    [
        ("nobody", {}, 404, "ResourceNotFoundException"),
        ("fail", {"how": "x"}, 200, "Unhandled"),
        ("fail", {"how": "exit"}, 200, "Unhandled"),
    ],
)
async def test_errors_are_said_as_aws_says_them(called, name, event, status, said):
    answer = await called.invoke(name, event)

    assert answer.status_code == status
    assert said in (answer.headers.get("x-amzn-errortype", ""), answer.headers.get("x-amz-function-error"))


async def test_a_dry_run_runs_nothing(called):
    assert (await called.invoke("echo", {}, "DryRun")).status_code == 204
    assert called.served.fleet("echo").invocations == 0


async def test_what_is_no_json_is_no_event(called):
    answer = await called.ask("POST", "/2015-03-31/functions/echo/invocations", b"nonsense")

    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (
        400,
        "InvalidRequestContentException",
    )


@pytest.mark.parametrize("called", [{"function": "echo"}], indirect=True)
async def test_an_event_of_a_url_is_that_of_payload_2(called):
    answer = await called.ask("POST", "/a%20b?x=1&x=2", b'{"y":1}', cookie="a=1; b=2")
    event = answer.json()

    assert (event["version"], event["rawPath"], event["rawQueryString"]) == ("2.0", "/a b", "x=1&x=2")
    assert (event["queryStringParameters"], event["cookies"]) == ({"x": "1,2"}, ["a=1", "b=2"])
    assert (event["body"], event["isBase64Encoded"]) == ('{"y":1}', False)
    binary = (await called.ask("POST", "/", b"\xff")).json()
    assert (binary["body"], binary["isBase64Encoded"]) == ("/w==", True)
    assert "body" not in (await called.ask("GET", "/")).json()


@pytest.mark.parametrize("called", [{"function": "fail"}], indirect=True)
async def test_a_url_whose_function_fails_is_a_502_of_the_platform(called):
    answer = await called.ask("GET", "/?how=x")

    assert (answer.status_code, answer.text) == (502, "Internal Server Error")
    assert "x-amzn-requestid" in answer.headers


async def test_what_it_did_is_told(called):
    await called.invoke("echo")

    told = (await called.control()).json()

    assert told["functions"]["echo"] == {
        "busy": 0,
        "idle": 1,
        "invocations": 1,
        "cold_starts": 1,
        "throttled": 0,
    }
