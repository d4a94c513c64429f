"""S3 buckets: answers become causes, links open what they say; on a real server that checks signatures."""

import json
from urllib.parse import quote, urlsplit

import pytest

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Success
from gateway.sources.s3 import REFUSED, object_ending
from gateway.transport.exchange import Request, Response
from tests.support.gateways import serving
from tests.support.s3 import BUCKET, KEY, REGION, SECRET, s3
from tests.support.transports import TRACE

HARD = "päge +&=;,!'()*~$@:one.json"

CONFIG = """
upstreams:
  files:
    s3:
      bucket: {bucket}
      region: {region}
      endpoint: "{url}"
      credentials: {{ access_key_id: {key}, secret_access_key: "{secret}" }}
    timeout: 4s
    {more}
routes:
  GET /object:
    time_limit: 10s
    steps: {{ it: {{ upstream: files, object: "docs/{{query.name}}" }} }}
  GET /link:
    time_limit: 10s
    steps: {{ it: {{ upstream: files, object: "docs/{{query.name}}", presign: 5m }} }}
"""


@pytest.fixture(scope="module")
def server():
    with s3() as running:
        assert running.put("docs/a.json", b'{"a": [1, 2.50]}') == 200
        assert running.put(f"docs/{HARD}", b'"hard"') == 200
        assert running.put("docs/empty", b"") == 200
        assert running.put("docs/text", b"no json") == 200
        assert running.put("docs/large", b'"%b"' % (b"x" * 100_000)) == 200
        yield running


def config(server, more="", **changed):
    values = {"url": server.url, "bucket": BUCKET, "region": REGION, "key": KEY, "secret": SECRET} | changed
    return CONFIG.format(more=more, **values)


def part(answer):
    assert answer.status == 200, answer
    return json.loads(answer.body)["it"]


def cause(answer):
    return answer.status, json.loads(answer.body)["cause"]


async def test_object_is_the_steps_answer_and_a_missing_one_is_null(server):
    async with serving(config(server)) as served:
        assert part(await served.get("/object?name=a.json")) == {"a": [1, 2.50]}
        assert part(await served.get("/object?name=nobody.json")) is None
        assert part(await served.get("/object?name=empty")) is None
        assert cause(await served.get("/object?name=text")) == (502, "unreadable")
        assert (await served.get("/object?name=..")).status == 400
        assert (await served.get("/object?name=a%2Fb")).status == 400


async def test_every_key_is_signed_as_the_server_reads_it(server):
    async with serving(config(server)) as served:
        assert part(await served.get(f"/object?name={quote(HARD, safe='')}")) == "hard"
        link = part(await served.get(f"/link?name={quote(HARD, safe='')}"))

    where = urlsplit(link)
    assert server.ask("GET", f"{where.path}?{where.query}") == (200, b'"hard"')


async def test_link_opens_its_object_for_whoever_has_it_and_nothing_else(server):
    async with serving(config(server)) as served:
        link = part(await served.get("/link?name=a.json"))
    where = urlsplit(link)

    assert f"{where.scheme}://{where.netloc}" == server.url
    assert "X-Amz-Expires=300" in where.query
    assert SECRET not in link
    assert server.ask("GET", f"{where.path}?{where.query}") == (200, b'{"a": [1, 2.50]}')
    assert server.ask("GET", f"{where.path.replace('a.json', 'text')}?{where.query}")[0] == 403
    assert server.ask("GET", where.path)[0] == 403


async def test_link_points_where_clients_reach_it_and_is_made_without_asking_anybody(server):
    nowhere = 'endpoint: "http://127.0.0.1:1"'
    elsewhere = config(server, url="http://127.0.0.1:1")
    elsewhere = elsewhere.replace(nowhere, f'{nowhere}\n      links: "{server.url}"')
    async with serving(elsewhere) as served:
        link = part(await served.get("/link?name=a.json"))

    where = urlsplit(link)
    assert f"{where.scheme}://{where.netloc}" == server.url
    assert server.ask("GET", f"{where.path}?{where.query}")[0] == 200


async def test_wrong_credentials_are_told_to_operators_and_shown_to_nobody(server):
    async with serving(config(server, secret="hunter2")) as served:
        answer = await served.get("/object?name=a.json")
        details = repr(served.gateway.upstreams["files"].details())

    assert cause(answer) == (502, "unreachable")
    assert "'state': 'refused'" in details
    assert "SignatureDoesNotMatch" in details
    assert "hunter2" not in details + answer.body.decode()


async def test_bucket_that_there_is_not_is_no_missing_object(server):
    async with serving(config(server, bucket="others")) as served:
        answer = await served.get("/object?name=a.json")

    assert cause(answer)[1] in {"rejected", "unreachable"}


async def test_object_over_the_bound_is_too_large(server):
    async with serving(config(server, more="max_response: 10KiB")) as served:
        assert cause(await served.get("/object?name=large")) == (502, "too_large")


def xml(code):
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>secret</Message></Error>'.encode()


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (404, xml("NoSuchBucket"), Cause.REJECTED),
        (404, b"", Cause.REJECTED),
        (403, xml("AccessDenied"), Cause.REJECTED),
        (301, xml("PermanentRedirect"), Cause.REJECTED),
        (503, xml("SlowDown"), Cause.THROTTLED),
        (429, xml("TooManyRequests"), Cause.THROTTLED),
        (503, xml("ServiceUnavailable"), Cause.FAILED),
        (500, xml("InternalError"), Cause.FAILED),
        (500, b"<html>", Cause.FAILED),
        (400, xml("ExpiredToken"), Cause.UNREACHABLE),
        (403, xml("RequestTimeTooSkewed"), Cause.UNREACHABLE),
    ],
)
def test_every_answer_has_its_cause_and_its_message_goes_nowhere(status, body, cause):
    buffered = Buffered(10_000)
    buffered.take(len(body))
    call = Call("it", Request("GET", b"/"), 1.0, 1.0, TRACE)
    call.held = len(body)

    failure = object_ending(buffered)(Response(status, [], body), call)

    assert (failure.cause, failure.status) == (cause, None)
    assert "secret" not in failure.detail
    assert (call.held, buffered.used) == (0, 0)


@pytest.mark.parametrize("code", sorted(REFUSED))
def test_refused_signature_is_nobodys_object(code):
    call = Call("it", Request("GET", b"/"), 1.0, 1.0, TRACE)

    assert object_ending(Buffered(0))(Response(403, [], xml(code)), call).cause is Cause.UNREACHABLE


def test_object_that_is_not_there_is_null():
    call = Call("it", Request("GET", b"/"), 1.0, 1.0, TRACE)
    outcome = object_ending(Buffered(0))(Response(404, [], xml("NoSuchKey")), call)

    assert isinstance(outcome, Success)
    assert (outcome.body, outcome.status) == (b"null", 404)
