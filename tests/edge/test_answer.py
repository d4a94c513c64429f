"""Answers are the same bytes on the wire by the short cut and by plain ASGI."""

import asyncio
import contextlib
import socket

import pytest
import uvicorn

from gateway.edge.answer import ONE_WRITE, answer, header_block

BLOCK = header_block([("content-type", "application/json"), ("x-a", "b")])


async def exchange(app, request):
    """Send raw bytes to *app* under a real uvicorn and return all it answers."""
    sock = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http="httptools", lifespan="off", log_config=None, access_log=False,
                            server_header=False, date_header=False, ws="none")  # fmt: skip
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext
    serving = asyncio.ensure_future(server.serve([sock]))
    try:
        while not server.started:
            await asyncio.sleep(0.005)
        reader, writer = await asyncio.open_connection(*sock.getsockname())
        writer.write(request)
        received = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await writer.wait_closed()
        return received
    finally:
        server.should_exit = True
        await serving


def app_answering(status=200, body=b'{"a":1}', *, plain=False):
    async def app(scope, receive, send):
        async def wrapped(message):
            await send(message)

        await answer(scope, wrapped if plain else send, status, BLOCK, body)

    return app


def request(method="GET", version="1.1", connection="close"):
    return f"{method} / HTTP/{version}\r\nhost: x\r\nconnection: {connection}\r\n\r\n".encode()


def test_short_cut_is_taken_with_the_pinned_uvicorn():
    assert ONE_WRITE


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("status", [200, 201, 204, 404, 503])
async def test_short_cut_and_plain_asgi_give_the_same_answer(method, status):
    short = await exchange(app_answering(status), request(method))
    plain = await exchange(app_answering(status, plain=True), request(method))

    def parts(raw):
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *headers = head.split(b"\r\n")
        return first, sorted(headers), body

    assert parts(short) == parts(plain)


async def test_answer_is_whole_and_well_formed():
    raw = await exchange(app_answering(), request())

    assert raw == (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-a: b\r\n"
        b'content-length: 7\r\nconnection: close\r\n\r\n{"a":1}'
    )


async def test_pipelined_requests_are_all_answered():
    raw = await exchange(app_answering(), request(connection="keep-alive") * 2 + request())

    assert raw.count(b"HTTP/1.1 200 OK") == 3


async def test_status_without_a_known_phrase_is_sent_by_number():
    assert (await exchange(app_answering(299), request())).startswith(b"HTTP/1.1 299 \r\n")


async def test_http_1_0_client_gets_a_closed_connection():
    assert b"connection: close" in await exchange(app_answering(), b"GET / HTTP/1.0\r\n\r\n")


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "a\rb", "a\0b"])
def test_header_block_refuses_line_breaks(value):
    with pytest.raises(ValueError, match="line break"):
        header_block([("x-a", value)])
