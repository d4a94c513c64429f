"""What a running gateway logs: lines of one form with the ids of their requests, and never a secret."""

import io
import json
import logging
import random
import re
import signal
import string

import pytest

from gateway.telemetry.log_setup import logging_to
from tests.support.gateways import Site, gateway_process, replying, serving

CONFIG = """
server: { access_log: all }
upstreams:
  users: { url: "${USERS}", retry: off }
  cold: { url: "http://127.0.0.1:1", retry: off }
routes:
  GET /user/{id}:
    steps:
      user:
        get: "users/{id}?key=${KEY}&q={query.q}"
        headers: { x-api-key: "${KEY}", x-in: "{header.authorization}" }
        required: true
      other: { get: "cold/{id}?token={cookie.token}", fallback: [] }
    respond: "{steps}"
"""
LETTERS = string.ascii_letters + string.digits + "+/=_-.~!"


def spoken(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_degraded_request_is_a_line_with_ids_parts_and_times():
    stream = io.StringIO()
    with logging_to(stream, "json", {}):
        async with serving(CONFIG.replace(": all", ": problems"), KEY="k-4711-0815", USERS=Site()) as served:
            await served.get(
                "/user/7", ("x-request-id", "mine-1"), ("authorization", "x"), ("cookie", "token=y")
            )

    [line] = [line for line in spoken(stream) if line["event"] == "request.answered"]
    assert (line["level"], line["logger"], line["request_id"]) == ("warning", "gateway.access", "mine-1")
    assert re.fullmatch("[0-9a-f]{32}", line["trace_id"])
    assert (line["route"], line["status"], line["degraded"]) == ("GET /user/{id}", 200, ["other"])
    assert line["bytes"] > 10
    user, other = line["steps"]
    assert (user["step"], user["served"], other["served"], other["cause"]) == (
        "user",
        "live",
        "fallback",
        "unreachable",
    )
    assert user["ms"] > 0


async def leaking(served, token, cookie, query):
    """Ask for something in every way in which secrets come in."""
    await served.get(
        f"/user/7?q={query}", ("authorization", f"Bearer {token}"), ("cookie", f"token={cookie}")
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("style", ["json", "text"])
async def test_no_secret_stands_in_any_line(style, seed):
    source = random.Random(seed)
    key, token, cookie, query, told = (
        "".join(source.choices(LETTERS, k=source.randint(12, 30))) for _ in range(5)
    )
    stream = io.StringIO()

    async def unfriendly(peer):  # says what it was asked, wherever it can
        request = await peer.request()
        del request
        await peer.send(replying("no", 500, [f"content-encoding: {told}", f"www-authenticate: {key}"]))

    def buggy(call):
        raise ValueError(f"{call.payload.target!r} {call.payload.headers!r} {call.inputs!r} {key}")

    with logging_to(stream, style, {}):
        async with serving(CONFIG, KEY=key, USERS=unfriendly) as served:
            await leaking(served, token, cookie, query)
            [plan] = [route.plan for route in served.gateway.routes.values()]
            for step in plan.steps:
                object.__setattr__(step, "direct", None)
                object.__setattr__(step, "source", buggy)
            await leaking(served, token, cookie, query)
            logging.getLogger("asyncio").error(
                "lost: %r", {"authorization": token, "url": f"http://x/?token={cookie}"}
            )
            logging.getLogger("httpx").warning("GET http://users/?key=%s", key)

    lines = stream.getvalue()
    assert lines.count("bug in step") >= 1
    for secret in (key, token, cookie, query):
        assert secret not in lines
        assert secret not in json.dumps(lines)


def test_process_writes_json_and_nothing_else_where_there_is_no_terminal(tmp_path):
    env = {"USERS": "http://localhost:1", "KEY": "k-4711-0815", "GATEWAY_LOGS": ""}
    with gateway_process(CONFIG, tmp_path, env=env) as process:
        process.send_signal(signal.SIGTERM)
        output = process.stdout.read()

    token, *lines = output.splitlines()
    assert token.startswith("operator token: ")
    assert [json.loads(line)["event"] for line in lines][:2] == ["gateway.serving", "gateway.serving"]


def test_process_writes_readable_lines_if_it_is_told_to(tmp_path):
    env = {"USERS": "http://localhost:1", "KEY": "k-4711-0815", "GATEWAY_LOGS": ""}
    with gateway_process("telemetry: { logs: text }\n" + CONFIG, tmp_path, env=env) as process:
        port = process.port
        process.send_signal(signal.SIGTERM)
        output = process.stdout.read()

    assert f"gateway on http://127.0.0.1:{port} [gateway.serve]" in output


def test_style_there_is_not_ends_the_process_with_a_sentence(tmp_path):
    env = {"USERS": "http://localhost:1", "KEY": "k-4711-0815", "GATEWAY_LOGS": "xml"}
    with gateway_process(CONFIG, tmp_path, env=env, listens=False) as process:
        output = process.stdout.read()
        process.wait(10)

    assert (process.returncode, output) == (2, "GATEWAY_LOGS is json or text, not `xml`\n")
