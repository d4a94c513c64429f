"""What answers of the Invoke API mean, and the API itself against the local endpoint."""

import asyncio
import json

import pytest

from gateway.buffered import Buffered
from gateway.outcome import RETRYABLE, UNSENT, Cause, Failure, Success
from gateway.sources.lambda_invoke import Invocation, invoke_ending
from gateway.sources.signed import signed_source
from gateway.transport.exchange import Response
from tests.support.lambdas import lambda_served, signed_client
from tests.support.transports import a_call


def ended(status=200, body=b"{}", *, envelope=False, **headers):
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    call = a_call(Invocation(b"/", b"", b"{}", envelope=envelope))
    return invoke_ending(Buffered(1000))(Response(status, lines, body), call)


async def test_the_answer_is_the_functions_json():
    outcome = ended(body=b' {"a": 1} ')
    assert isinstance(outcome, Success)
    assert outcome.body == b'{"a": 1}'


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_an_empty_answer_is_null(status):
    outcome = ended(status, b"")
    assert (outcome.body, outcome.status) == (b"null", status)


@pytest.mark.parametrize("kind", ["Unhandled", "Handled"])
async def test_a_function_error_is_a_failure_whatever_the_status_says(kind):
    body = b'{"errorMessage":"the secret is x","errorType":"ValueError","stackTrace":["secret"]}'
    failure = ended(200, body, x_amz_function_error=kind)

    assert (failure.cause, failure.status) == (Cause.FAILED, None)
    assert failure.detail == f"function error {kind}: ValueError"


async def test_a_function_error_may_be_anything():
    assert ended(200, b"not json", x_amz_function_error="Unhandled").detail == "function error Unhandled"
    assert ended(200, b"[1]", x_amz_function_error="Unhandled").detail == "function error Unhandled"
    assert ended(200, b"[" * 10_000, x_amz_function_error="Unhandled").cause is Cause.FAILED


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, "ServiceException"),
        (502, "ENINotReadyException"),
        (502, "EC2ThrottledException"),
        (502, "EC2UnexpectedException"),
        (502, "ResourceNotReadyException"),
        (502, "SubnetIPAddressLimitReachedException"),
        (408, "SnapStartTimeoutException"),
        (409, "ResourceConflictException"),
        (409, "SnapStartNotReadyException"),
        (503, ""),
    ],
)
async def test_what_passes_was_not_executed_and_may_be_tried_again_whatever_it_does(status, kind):
    failure = ended(status, x_amzn_errortype=f"{kind}:http://internal.amazon.com/x")

    assert failure.cause in UNSENT
    assert failure.cause in RETRYABLE
    assert failure.detail == f"Lambda says {status} {kind}".rstrip()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (502, "KMSDisabledException"),
        (502, "KMSAccessDeniedException"),
        (502, "InvalidSecurityGroupIDException"),
        (502, "InvalidSubnetIDException"),
        (502, "InvalidRuntimeException"),
        (502, "InvalidZipFileException"),
        (502, "EC2AccessDeniedException"),
        (502, "ENILimitReachedException"),
        (400, "InvalidRequestContentException"),
        (404, "ResourceNotFoundException"),
        (413, "RequestTooLargeException"),
        (415, "UnsupportedMediaTypeException"),
    ],
)
async def test_what_somebody_has_to_repair_is_rejected_and_no_status_of_the_functions(status, kind):
    failure = ended(status, x_amzn_errortype=kind)

    assert (failure.cause, failure.status) == (Cause.REJECTED, None)
    assert kind in failure.detail


async def test_a_permission_that_is_missing_is_no_answer_of_the_function():
    failure = ended(403, x_amzn_errortype="AccessDeniedException")

    assert (failure.cause, failure.status) == (Cause.UNREACHABLE, None)
    assert failure.detail == "AWS refused the call: AccessDeniedException"


async def test_throttling_is_throttling_and_may_be_tried_again_soon():
    failure = ended(429, x_amzn_errortype="TooManyRequestsException")

    assert (failure.cause, failure.status, failure.retry_after) == (Cause.THROTTLED, 429, 0.0)
    assert ended(429, retry_after="7").retry_after == 7.0


async def test_an_answer_that_is_no_json_is_unreadable():
    assert ended(body=b"Task timed out after 5.00 seconds").cause is Cause.UNREADABLE


@pytest.mark.parametrize(
    ("envelope", "body"),
    [
        ({"statusCode": 200, "body": '{"a":1}'}, b'{"a":1}'),
        ({"statusCode": 201, "headers": {"x": "y"}, "body": "[]", "extra": 1}, b"[]"),
        ({"statusCode": 200, "body": "eyJhIjoxfQ==", "isBase64Encoded": True}, b'{"a":1}'),
        ({"statusCode": 204}, b"null"),
        ({"statusCode": 200, "body": None}, b"null"),
    ],
)
async def test_an_envelope_is_unwrapped(envelope, body):
    outcome = ended(body=json.dumps(envelope).encode(), envelope=True)
    assert (outcome.body, outcome.status) == (body, envelope["statusCode"])


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (404, Cause.REJECTED),
        (302, Cause.REJECTED),
        (429, Cause.THROTTLED),
        (500, Cause.FAILED),
        (99, Cause.UNREADABLE),
    ],
)
async def test_the_status_in_an_envelope_is_read_as_http_s(status, cause):
    failure = ended(body=json.dumps({"statusCode": status, "body": "x"}).encode(), envelope=True)
    assert failure.cause is cause
    assert failure.status == (None if status == 99 else status)


async def test_a_retry_after_in_an_envelope_is_kept():
    body = json.dumps({"statusCode": 503, "headers": {"Retry-After": "9"}}).encode()
    assert ended(body=body, envelope=True).retry_after == 9.0


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b'{"statusCode":"200"}', b'{"statusCode":200,"body":{}}', b"nonsense", b"[" * 10_000,
     b'{"statusCode":200,"body":"!","isBase64Encoded":true}', b'{"statusCode":200,"body":"no json"}'],
)  # fmt: skip
async def test_what_is_no_envelope_is_unreadable(body):
    assert ended(body=body, envelope=True).cause is Cause.UNREADABLE


async def test_bytes_of_an_answer_that_failed_are_given_back():
    buffered, call = Buffered(1000), a_call(Invocation(b"/", b"", b""))
    call.held = 100
    buffered.take(100)

    invoke_ending(buffered)(Response(500, [], b"x" * 100), call)

    assert (buffered.used, call.held) == (0, 0)


def invocation(name, payload=None, kind="RequestResponse"):
    target = f"/2015-03-31/functions/{name}/invocations".encode()
    headers = f"content-type: application/json\r\nx-amz-invocation-type: {kind}\r\n".encode()
    return Invocation(target, headers, json.dumps(payload or {}).encode())


async def called(served, request, **how):
    async with signed_client(served.url) as client:
        ending = invoke_ending(client.buffered)
        source = signed_source(client.transport, ending, propagate=False, clock=client.timers.loop.time)
        call = a_call(request, **how)
        outcome = await source(call)
        client.buffered.give(call.held)
        return outcome


async def test_a_function_is_called_by_its_name_and_by_its_arn():
    async with lambda_served() as served:
        for name in ("score", "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Ascore"):
            outcome = await called(served, invocation(name, {"user_id": 7}))
            assert json.loads(outcome.body)["user_id"] == 7


async def test_a_crash_and_a_timeout_of_the_function_are_failures():
    async with lambda_served(timeout=0.1) as served:
        crash = await called(served, invocation("fail", {"how": "exit"}))
        late = await called(served, invocation("slow", {"seconds": 5}))

    assert crash.detail == "function error Unhandled: Runtime.ExitError"
    assert late.detail == "function error Unhandled: Sandbox.Timedout"


async def test_an_event_is_queued_and_its_function_runs_afterwards():
    async with lambda_served() as served:
        outcome = await called(served, invocation("echo", {"a": 1}, "Event"))
        assert (outcome.body, outcome.status) == (b"null", 202)
        async with asyncio.timeout(2):
            while not served.endpoint.events_ended:
                await asyncio.sleep(0.001)
        assert served.fleet("echo").invocations == 1


async def test_more_calls_than_the_function_may_run_are_throttled():
    async with lambda_served(concurrency=1) as served:
        slow = asyncio.create_task(called(served, invocation("slow", {"seconds": 0.3})))
        while not served.fleet("slow").busy:
            await asyncio.sleep(0.001)
        failure = await called(served, invocation("slow"))
        assert isinstance(await slow, Success)

    assert isinstance(failure, Failure)
    assert failure.cause is Cause.THROTTLED
