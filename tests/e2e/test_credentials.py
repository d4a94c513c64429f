"""AWS credentials of a `gateway run`: from where they come, what is said of them, and what never is."""

import asyncio
import signal
import subprocess
import sys

import pytest

from services.mock.lambda_endpoint import KEY
from tests.support.gateways import Listening, gateway_process
from tests.support.lambdas import lambda_served
from tests.support.processes import ROOT

CONFIG = """
upstreams:
  score: {{ url: "{url}", auth: {{ type: aws_iam, region: eu-west-1{credentials} }} }}
routes:
  GET /score/{{id}}:
    steps: {{ it: {{ get: "score/score/{{id}}", retry: off }} }}
    respond: "{{it}}"
"""
WITHOUT_BOTOCORE = """
import sys
sys.modules["botocore"] = None
from gateway.cli import main
sys.exit(main(["check", sys.argv[1]]))
"""
NOWHERE = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_ACCESS_KEY_ID": "",
    "AWS_SECRET_ACCESS_KEY": "",
}


async def answered(folder, env, credentials=""):
    """What a gateway with this environment answers, what its admin pages say, and all that it printed."""
    async with lambda_served() as served:
        config = CONFIG.format(url=served.url, credentials=credentials)
        with gateway_process(config, folder, env=NOWHERE | env) as process:
            answer = await Listening(process.port).get("/score/7")
            details = await Listening(process.admin_port).get("/upstreams/score")
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, 10)
            return answer, details, process.stdout.read()


@pytest.mark.slow
async def test_keys_in_the_environment_sign(tmp_path):
    env = {"AWS_ACCESS_KEY_ID": KEY.access_key, "AWS_SECRET_ACCESS_KEY": KEY.secret_key}

    answer, _, printed = await answered(tmp_path, env)

    assert (answer.status, answer.json["user_id"]) == (200, 7)
    assert KEY.secret_key not in printed


@pytest.mark.slow
async def test_a_profile_of_the_shared_files_signs(tmp_path):
    file = tmp_path / "credentials"
    file.write_text(f"[shop]\naws_access_key_id={KEY.access_key}\naws_secret_access_key={KEY.secret_key}\n")

    answer, _, _ = await answered(
        tmp_path, {"AWS_SHARED_CREDENTIALS_FILE": str(file)}, ", credentials: { profile: shop }"
    )

    assert answer.status == 200


@pytest.mark.slow
async def test_wrong_ones_are_told_by_their_end_and_no_secret_is(tmp_path):
    env = {"AWS_ACCESS_KEY_ID": KEY.access_key, "AWS_SECRET_ACCESS_KEY": "a-wrong-secret-nobody-may-see"}

    answer, details, printed = await answered(tmp_path, env)

    assert answer.status == 502
    told = printed + details.body.decode() + answer.body.decode()
    assert "a-wrong-secret-nobody-may-see" not in told
    assert "AWS refused the call: InvalidSignatureException" in printed
    assert details.json["credentials"]["refusal"] == "InvalidSignatureException"


@pytest.mark.slow
async def test_none_at_all_are_told_once_and_hold_nobody_up(tmp_path):
    answer, details, printed = await answered(tmp_path, {})

    assert answer.status == 502
    assert printed.count("credentials.missed") + printed.count("no AWS credentials: neither") >= 1
    assert details.json["credentials"]["state"] == "missing"


@pytest.mark.slow
def test_a_chain_that_is_not_installed_is_a_config_fault_that_names_the_extra(tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text(CONFIG.format(url="http://127.0.0.1:1", credentials=", credentials: { profile: shop }"))

    command = [sys.executable, "-c", WITHOUT_BOTOCORE, str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr

    assert done.returncode == 2
    assert "AWS credentials from anywhere but the environment need the extra `aws`" in told
    assert "pip install 'fanin-gateway[aws]'" in told
