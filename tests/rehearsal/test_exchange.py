"""An application is asked within the process, by a client that stays."""

import asyncio

import pytest

from gateway.rehearsal.exchange import exchanged
from gateway.rehearsal.request import Request


async def echo(scope, receive, send):
    message = await receive()
    headers = [(b"x-path", scope["raw_path"]), (b"x-two", b"1"), (b"x-two", b"2")]
    await send({"type": "http.response.start", "status": 207, "headers": headers})
    await send({"type": "http.response.body", "body": message["body"], "more_body": True})
    await send({"type": "http.response.body", "body": b"!"})


async def test_status_headers_and_all_pieces_come_back():
    answer = await exchanged(echo, Request("POST", "/a", body=b"hello"))

    assert (answer.status, answer.body) == (207, b"hello!")
    assert answer.headers == (("x-path", "/a"), ("x-two", "1"), ("x-two", "2"))
    assert (answer.header("x-two"), answer.header("nothing")) == ("1", "")


async def test_client_stays():
    async def waits(_scope, receive, send):
        await receive()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.01)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    assert (await exchanged(waits, Request("GET", "/"))).body == b""
