"""What is httpx's own: mocks and proxies. The rest stands in tests/contract."""

import asyncio

import httpx
import pytest
import respx

from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Request
from tests.support.servers import Peer, answer, scripted
from tests.support.transports import a_call, client

URL = "http://up.example/base"


@pytest.fixture
async def it():
    async with client("httpx", "http://up.example", connect_timeout=0.1) as made:
        yield made


@respx.mock
async def test_respx_sees_the_request_and_its_answer_is_ours(it):
    route = respx.post(URL, params={"a": "1"}).respond(201, json={"ok": True}, headers={"x-a": "b"})
    request = Request("POST", b"/base?a=1", b"content-type: application/json\r\n", b"{}")
    got = await it.exchange(request, b"x-request-id: r1\r\n")
    assert (got.status, got.body, got.header(b"x-a")) == (201, b'{"ok":true}', b"b")
    sent = route.calls.last.request
    assert (sent.content, sent.headers["x-request-id"]) == (b"{}", "r1")
    assert sent.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("error", "cause", "sent"),
    [
        (httpx.ConnectError, Cause.UNREACHABLE, False),
        (httpx.ConnectTimeout, Cause.UNREACHABLE, False),
        (httpx.ReadTimeout, Cause.TIMEOUT, True),
        (httpx.ReadError, Cause.INCOMPLETE, True),
    ],
)
@respx.mock
async def test_respx_errors_end_as_causes_after_one_request(it, error, cause, sent):
    route = respx.get(URL).mock(side_effect=error)
    call = a_call()
    assert (await it.exchange(Request("GET", b"/base"), call=call)).cause is cause
    assert call.sent is sent
    assert route.call_count == 1


@respx.mock
async def test_mock_that_hangs_can_be_cut(it):
    async def hang(request):
        await asyncio.Event().wait()

    respx.get(URL).mock(side_effect=hang)
    call = a_call()
    task = asyncio.create_task(it.exchange(Request("GET", b"/base"), call=call))
    await asyncio.sleep(0.01)
    call.cut(Failure(Cause.OUT_OF_TIME))
    assert (await task).cause is Cause.OUT_OF_TIME
    await it.at_rest()


async def test_given_transport_counts_as_sent_from_the_start():
    async def hang(request):
        await asyncio.Event().wait()

    async with client("httpx", "http://up.example", transport=httpx.MockTransport(hang)) as it:
        call = a_call()
        task = asyncio.create_task(it.exchange(Request("GET", b"/"), call=call))
        await asyncio.sleep(0.01)
        assert call.sent
        call.expire()
        assert (await task).cause is Cause.TIMEOUT


async def test_application_can_stand_in_for_the_network():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["raw_path"]})

    async with client("httpx", "http://up.example", transport=httpx.ASGITransport(app)) as it:
        assert (await it.get(b"/a%2Fb")).body == b"/a%2Fb"


async def test_bug_below_httpx_is_raised_and_frees_its_slot():
    def broken(request):
        raise ZeroDivisionError

    async with client("httpx", "http://up.example", transport=httpx.MockTransport(broken)) as it:
        with pytest.raises(ZeroDivisionError):
            await it.get()
        await it.at_rest()


async def test_proxy_is_asked_for_the_whole_url():
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer(b"1"))

    async with scripted(script) as server, client("httpx", "http://up.example", proxy=server.url) as it:
        assert (await it.get(b"/a%2Fb?x=1")).body == b"1"
    assert server.requests[0].startswith(b"GET http://up.example/a%2Fb?x=1 HTTP/1.1\r\n")
    assert b"\r\nhost: up.example\r\n" in server.requests[0].lower()


async def test_environment_does_not_choose_a_proxy(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer(b"1"))

    async with scripted(script) as server, client("httpx", server.url) as it:
        assert (await it.get()).body == b"1"


async def test_transport_describes_itself(it):
    assert repr(it.transport) == "<HttpxTransport http://up.example: 0 in use of 8>"
