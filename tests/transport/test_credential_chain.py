"""Every place where AWS credentials stand or are given out, services stood in for by a local server."""

import contextlib
import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gateway.transport.credential_chain import Chain, Given, chain_is_complete, from_environment
from gateway.transport.credentials import Credentials
from tests.support.processes import ROOT

LOOK = """
import os, sys
from gateway.transport.credential_chain import Chain, NoCredentialsError
try:
    found = Chain(sys.argv[1] or None, os.environ)(anew=False)
    print(found.access_key, found.secret_key, found.token or "-", found.origin, sep="|")
except NoCredentialsError as error:
    print("none:", error)
print("botocore" in sys.modules)
"""
THRICE = """
import os
from gateway.transport.credential_chain import Chain
chain = Chain(None, os.environ)
print(*(chain(anew=False).access_key for _ in range(3)))
"""
EXPIRY = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
GIVEN_OUT = {"AccessKeyId": "AKIAOUT", "SecretAccessKey": "s3cr3t", "Token": "tok", "Expiration": EXPIRY}
ASSUMED = f"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>AKIAWEB</AccessKeyId>
<SecretAccessKey>s3cr3t</SecretAccessKey><SessionToken>tok</SessionToken><Expiration>{EXPIRY}</Expiration>
</Credentials><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn><AssumedRoleId>A:s</AssumedRoleId>
</AssumedRoleUser></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"""


def looked(tmp_path, profile="", **environ):
    """What the chain finds in a process with no other environment."""
    basic = {"PATH": "/usr/bin", "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    command = [sys.executable, "-c", LOOK, profile]
    done = subprocess.run(
        command, env=basic | environ, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.splitlines()


@contextlib.contextmanager
def giving_out(answers):
    """A server that answers by path, and keeps what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.command, self.path, dict(self.headers)))
            self.rfile.read(int(self.headers.get("content-length", 0)))
            body = answers.get(self.path)
            body = body.pop(0) if isinstance(body, list) else body
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write((body or "").encode())

        do_PUT = do_POST = do_GET  # noqa: N815 - the names that the server asks for

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def test_the_environment_is_read_without_botocore(tmp_path):
    environ = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s3cr3t", "AWS_SESSION_TOKEN": "tok"}

    assert looked(tmp_path, **environ) == ["AKIAENV|s3cr3t|tok|the environment", "False"]


@pytest.mark.slow
def test_shared_files_have_profiles(tmp_path):
    file = tmp_path / "credentials"
    file.write_text(
        "[default]\naws_access_key_id=AKIADEF\naws_secret_access_key=a\n[other]\n"
        "aws_access_key_id=AKIAOTHER\naws_secret_access_key=b\naws_session_token=t\n"
    )
    environ = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    keys = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s3cr3t"}

    assert looked(tmp_path, **environ)[0].startswith("AKIADEF|a|-|")
    assert looked(tmp_path, **environ, AWS_PROFILE="other")[0].startswith("AKIAOTHER|b|t|")
    assert looked(tmp_path, "other", **environ, **keys)[0].startswith("AKIAOTHER|b|t|")
    assert "could not be found" in looked(tmp_path, "missing", **environ)[0]


@pytest.mark.slow
def test_a_container_is_given_them(tmp_path):
    (tmp_path / "token").write_text("let-me-in")
    with giving_out({"/creds": json.dumps(GIVEN_OUT)}) as (url, asked):
        found = looked(
            tmp_path,
            AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{url}/creds",
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "token"),
        )

    assert found == ["AKIAOUT|s3cr3t|tok|the container-role provider", "True"]
    assert asked[0][2]["Authorization"] == "let-me-in"


@pytest.mark.slow
def test_temporary_ones_are_renewed_by_their_source_ahead_of_their_end(tmp_path):
    soon = (datetime.now(UTC) + timedelta(minutes=12)).strftime("%Y-%m-%dT%H:%M:%SZ")
    ends = enumerate((soon, soon, EXPIRY))
    given = [{**GIVEN_OUT, "AccessKeyId": f"AKIA{number}", "Expiration": end} for number, end in ends]
    with giving_out({"/creds": list(map(json.dumps, given))}) as (url, asked):
        environ = {"PATH": "/usr/bin", "HOME": str(tmp_path)}
        environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{url}/creds"
        command = [sys.executable, "-c", THRICE]
        done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=True)

    # What has less than 15 minutes left is renewed by the very look that finds it.
    assert done.stdout.split() == ["AKIA1", "AKIA2", "AKIA2"]
    assert len(asked) == 3


@pytest.mark.slow
def test_an_instance_is_given_them_for_a_token(tmp_path):
    role = "/latest/meta-data/iam/security-credentials/"
    body = json.dumps({**GIVEN_OUT, "Code": "Success", "Type": "AWS-HMAC"})
    with giving_out({"/latest/api/token": "v2", role: "me", f"{role}me": body}) as (url, asked):
        found = looked(
            tmp_path, AWS_EC2_METADATA_SERVICE_ENDPOINT=f"{url}/", AWS_EC2_METADATA_DISABLED="false"
        )

    assert found[0] == "AKIAOUT|s3cr3t|tok|the iam-role provider"
    assert [method for method, _, _ in asked] == ["PUT", "GET", "GET"]


@pytest.mark.slow
def test_a_web_identity_is_exchanged_for_them(tmp_path):
    (tmp_path / "token").write_text("a-jwt")
    with giving_out({"/": ASSUMED}) as (url, _):
        found = looked(
            tmp_path,
            AWS_WEB_IDENTITY_TOKEN_FILE=str(tmp_path / "token"),
            AWS_ROLE_ARN="arn:aws:iam::1:role/r",
            AWS_ENDPOINT_URL_STS=url,
            AWS_REGION="eu-west-1",
        )

    assert found[0] == "AKIAWEB|s3cr3t|tok|the assume-role-with-web-identity provider"


@pytest.mark.slow
def test_where_there_are_none_it_is_said_where_was_looked(tmp_path):
    assert looked(tmp_path)[0].startswith("none: neither environment, shared files, web identity")


def test_only_what_stands_in_the_environment_or_the_configuration_lasts():
    keys = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s3cr3t"}

    assert Chain(None, keys).lasting
    assert not Chain("profile", keys).lasting
    assert not Chain(None, {}).lasting
    assert Given(Credentials("a", "b")).lasting


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_half_a_key_is_none(missing):
    keys = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s3cr3t", missing: ""}

    assert from_environment(keys) is None


def test_given_credentials_are_those():
    credentials = Credentials("a", "b")

    assert Given(credentials)(anew=True) is credentials


def test_the_extra_is_there():
    assert chain_is_complete()
