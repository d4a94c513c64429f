"""`gateway explain --live` beside a gateway that serves: measured numbers, drawn and judged."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from gateway.cli import main
from tests.support.gateways import Listening, Site, after, gateway_process, replying
from tests.support.servers import scripted

CONFIG = """
upstreams: { a: { url: "%s", timeout: 900ms } }
routes:
  GET /x:
    time_limit: 1s
    steps:
      fast: { get: a/fast, required: true }
      slow: { get: "a/slow?id={fast.id}" }
"""


@pytest.mark.slow
async def test_numbers_of_the_last_minute_become_proposals(tmp_path):
    site = Site({"/fast": {"id": 1}, "/slow": after(0.03, replying(json.dumps({"ok": True})))})
    async with scripted(site) as upstream:
        config = CONFIG % upstream.url
        with gateway_process(config, tmp_path) as process:
            command = ["explain", str(tmp_path / "gateway.yaml"), "--live", "--for", "2"]
            admin = f"http://127.0.0.1:{process.admin_port}"
            asked = asyncio.create_task(
                asyncio.to_thread(CliRunner().invoke, main, [*command, "--admin", admin])
            )
            served = Listening(process.port)
            while not asked.done():
                assert (await served.get("/x")).status == 200
            told = await asked

    assert told.exit_code == 0, told.output
    lines = told.output.splitlines()
    assert lines[0] == "GET /x"
    assert lines[2].endswith(": fast > slow")
    assert any(line.lstrip().startswith("● fast *") for line in lines)
    assert any(line.startswith("  proposals    ") for line in lines), told.output
