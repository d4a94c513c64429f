"""A real S3 for tests, which checks signatures: SeaweedFS, started on free ports."""

import contextlib
import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from gateway.transport.credentials import Credentials
from gateway.transport.sigv4 import Signer
from gateway.transport.wire_form import wire_form
from tests.support.processes import STOP_LIMIT, free_ports, listens, until

BUCKET = "files"
REGION = "eu-central-1"
KEY, SECRET = "AKIDEXAMPLE12345", "wJalrXUtnFEMIK7MDENG"
_GRPC = 10_000
"""Each server of it also listens this much above its port."""

_START = 60.0
"""Seconds for each thing that it has to be ready for: on a busy machine its parts take long to meet."""


class S3:
    """The server, with a bucket ``files`` in it."""

    def __init__(self, folder: Path) -> None:
        master, volume, filer, self.port = (free_port() for _ in range(4))
        identity = {
            "name": "tests",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        options = {
            "dir": folder,
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.port": master,
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 64,
            "volume.port": volume,
            "volume.max": 20,
            "volume.preStopSeconds": 0,
            "filer.port": filer,
            "s3.port": self.port,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.config": folder / "s3.json",
        }
        said = [f"-{name}={value}" for name, value in options.items()]
        command = [Path(sys.executable).with_name("weed"), "server", "-filer", "-s3", *said]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait_until_ready(self) -> None:
        """Return when it takes objects. Four servers in one have to find each other first."""
        until(lambda: listens(self.port), _START, f"S3 on port {self.port}")
        until(lambda: self.put("", b"") == 200, _START, "the bucket")
        until(lambda: self.put("ready", b"") == 200, _START, "room for objects")
        until(lambda: self.put("ready", b"{}") == 200, _START, "room for objects with something in them")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def put(self, name: str, body: bytes) -> int:
        """Write an object, or make the bucket; the status."""
        target = wire_form(f"/{BUCKET}/{name}".rstrip("/").encode())
        signer = Signer(REGION, "s3", f"127.0.0.1:{self.port}")
        lines = signer.lines("PUT", target, b"", body, Credentials(KEY, SECRET), time.time())
        headers = dict(line.split(": ", 1) for line in lines.decode().strip().split("\r\n"))
        return self.ask("PUT", target.decode(), headers, body)[0]

    def ask(self, method: str, target: str, headers=None, body: bytes | None = None) -> tuple[int, bytes]:
        """One request as it is; status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def kill(self) -> None:
        """Its own way to stop takes 17 s."""
        self._process.kill()
        self._process.wait(STOP_LIMIT)


def free_port() -> int:
    while True:
        (port,) = free_ports(1)
        if not listens(port + _GRPC):
            return port


@contextlib.contextmanager
def s3() -> Iterator[S3]:
    """A running server; gone at the end."""
    with tempfile.TemporaryDirectory() as folder:
        server = S3(Path(folder))
        try:
            server.wait_until_ready()
            yield server
        finally:
            server.kill()
