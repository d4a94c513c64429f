"""Changes take the operator's token, the listener's own name and JSON; reads take an honest name."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gateway.edge.operator import Guard, is_loopback
from tests.support.pages import exchange, listening, served

TOKEN = "s3cret"
OPERATOR = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
LOOPBACK = "http://127.0.0.1:9901"
NETWORK = "http://10.0.0.7:9901"


def guarded():
    async def page(request):
        return PlainTextResponse("done")

    return Guard(Starlette(routes=[Route("/x", page, methods=["GET", "POST", "PUT", "DELETE"])]), TOKEN)


async def status(method, headers, address=LOOPBACK):
    async with listening(guarded(), address) as client:
        return (await client.request(method, "/x", headers=headers)).status_code


def test_empty_token_is_refused_at_start():
    with pytest.raises(ValueError, match="empty"):
        Guard(Starlette(), "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_operator_may_change(method):
    assert await status(method, OPERATOR) == 200


@pytest.mark.parametrize(
    "given", [None, "", TOKEN, "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", b"Bearer \xfc"]
)
async def test_nobody_else_may(given):
    headers = {"content-type": "application/json"} | ({"authorization": given} if given is not None else {})

    assert await status("POST", headers) == 401


async def test_two_tokens_are_none():
    pairs = [
        ("authorization", f"Bearer {TOKEN}"),
        ("authorization", "Bearer x"),
        ("content-type", "application/json"),
    ]

    assert await status("POST", pairs) == 401


async def test_scheme_is_written_in_any_case():
    assert await status("POST", OPERATOR | {"authorization": f"bearer {TOKEN}"}) == 200


async def test_refusal_says_what_is_needed():
    async with listening(guarded()) as client:
        answer = await client.post("/x", headers={"content-type": "application/json"})

    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["cause"] == "operator_token_needed"
    assert TOKEN not in answer.text


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_body_of_another_type_is_refused_even_with_the_token(content_type):
    assert await status("POST", OPERATOR | {"content-type": content_type}) == 415


async def test_missing_content_type_is_refused():
    assert await status("POST", {"authorization": OPERATOR["authorization"]}) == 415


@pytest.mark.parametrize("host", ["127.0.0.1:9901", "localhost:9901", "LOCALHOST:9901", "[::1]:9901"])
async def test_loopback_listener_goes_by_all_its_names(host):
    assert await status("POST", OPERATOR | {"host": host}) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:9901",
        "127.0.0.1",
        "127.0.0.1:9902",
        "localhost:80",
        "10.0.0.7:9901",
        "",
        "a:b:c",
        "127.0.0.1:",
    ],
)
async def test_change_under_another_name_is_refused_even_with_the_token(host):
    assert await status("POST", OPERATOR | {"host": host}) == 421


async def test_two_hosts_are_none():
    pairs = [*OPERATOR.items(), ("host", "127.0.0.1:9901"), ("host", "127.0.0.1:9901")]

    assert await status("POST", pairs) == 421


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
async def test_default_port_need_not_be_named(scheme, port):
    async def at_default_port(scope, receive, send):
        await guarded()(scope | {"server": ("127.0.0.1", port)}, receive, send)

    async with listening(at_default_port, f"{scheme}://127.0.0.1") as client:
        assert (await client.post("/x", headers=OPERATOR)).status_code == 200


async def test_listener_without_an_address_cannot_be_changed():
    async def unnamed(scope, receive, send):
        await guarded()(scope | {"server": None}, receive, send)

    async with listening(unnamed) as client:
        assert (await client.post("/x", headers=OPERATOR)).status_code == 421
        assert (await client.get("/x")).status_code == 200


async def test_listener_on_a_network_is_changed_by_its_address_only():
    assert await status("POST", OPERATOR | {"host": "10.0.0.7:9901"}, NETWORK) == 200
    assert await status("POST", OPERATOR | {"host": "localhost:9901"}, NETWORK) == 421
    assert await status("POST", OPERATOR | {"host": "gateway.internal:9901"}, NETWORK) == 421


@pytest.mark.parametrize("host", ["127.0.0.1:9901", "localhost:19901", "[::1]:1", "192.168.1.4:9901"])
async def test_reading_a_loopback_listener_takes_an_address_or_localhost(host):
    assert await status("GET", {"host": host}) == 200


@pytest.mark.parametrize("host", ["evil.example:9901", "evil.example", "localhost.evil.example:9901"])
async def test_reading_a_loopback_listener_under_a_rebound_name_is_refused(host):
    assert await status("GET", {"host": host}) == 421


async def test_listener_on_a_network_is_read_under_any_name():
    assert await status("GET", {"host": "gateway.internal:9901"}, NETWORK) == 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("LocalHost", True),
        ("10.0.0.1", False),
        ("x.y", False),
    ],
)
def test_loopback_is_this_machine_by_definition(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("method", "host", "expected"),
    [
        ("GET", "127.0.0.1:{port}", b"200"),
        ("GET", "localhost:{port}", b"200"),
        ("GET", "evil.example:{port}", b"421"),
        ("POST", "127.0.0.1:{port}", b"200"),
        ("POST", "localhost:{port}", b"200"),
        ("POST", "localhost", b"421"),
        ("POST", "evil.example:{port}", b"421"),
    ],
)
async def test_rules_hold_on_a_real_listener(method, host, expected):
    async with served(guarded()) as port:
        head = (
            f"{method} /x HTTP/1.1\r\nhost: {host.format(port=port)}\r\nconnection: close\r\n"
            f"authorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n"
            "content-length: 2\r\n\r\n{}"
        )
        answer = await exchange(port, head.encode())

    assert answer.split(b" ", 2)[1] == expected


async def test_request_without_a_host_is_refused_on_a_real_listener():
    async with served(guarded()) as port:
        answer = await exchange(port, b"GET /x HTTP/1.0\r\n\r\n")

    assert answer.split(b" ", 2)[1] == b"421"
