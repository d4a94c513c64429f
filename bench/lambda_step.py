"""What a signed Lambda step costs with all its layers, beside the same call by httpx and botocore's signer.

    python -m bench.lambda_step

CPU time of this process alone; both ask a server in another process for an answer of ~200 B, in rounds that
take turns. The server does not verify signatures: that is the tests' affair.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import uvloop
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as TheirCredentials

from bench.processes import free_port
from bench.upstreams import encoded, small
from gateway import Gateway
from gateway.call import Call, Trace
from gateway.outcome import Success
from gateway.transport.credentials import Credentials
from gateway.transport.sigv4 import Signer

ROUNDS: Final = 3
ASKED: Final = 1_000
AT_ONCE: Final = (1, 8, 32)
SIGNING_TARGET: Final = 15.0

_KEY, _SECRET, _TOKEN = "AKIABENCHBENCHBENCH0", "not-a-secret-of-anything", "t" * 600
_ROUTE: Final = "GET /score/{id}"
_CONFIG: Final = """
upstreams:
  score:
    url: "{url}"
    auth:
      type: aws_iam
      region: eu-west-1
      credentials: {{ access_key_id: {key}, secret_access_key: {secret}, session_token: {token} }}
routes:
  {route}:
    steps:
      score: {{ get: "score/part/1?user_id={{id}}" }}
"""
_TRACE: Final = Trace("0af7651916cd43dd8448eb211c80319c", "00", "0af7651916cd43dd8448eb211c80319c")
_ANSWER: Final = encoded(small(1))

Ask = Callable[[], Awaitable[None]]


class _Scope:
    inputs = ("7",)
    outcomes = ()


@contextmanager
def _server() -> Iterator[str]:
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", "bench.delayed", str(port), "0"]) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


async def _cpu(ask: Ask, at_once: int) -> float:
    """Microseconds of CPU that one question takes."""

    async def one_after_another(count: int) -> None:
        for _ in range(count):
            await ask()

    await asyncio.gather(*(one_after_another(10) for _ in range(at_once)))
    began = time.process_time()
    await asyncio.gather(*(one_after_another(ASKED // at_once) for _ in range(at_once)))
    return (time.process_time() - began) / ASKED * 1e6


def _step(gateway: Gateway) -> Ask:
    step: Any = gateway._compiled.routes[_ROUTE].plan.steps[0]  # noqa: SLF001 - a step without its request
    clock = asyncio.get_running_loop().time

    async def ask() -> None:
        call = Call("score", step.prepare(_Scope), clock() + 2.0, step.timeout, _TRACE, floor=0.02)
        outcome = await step.source(call)
        assert isinstance(outcome, Success)
        assert outcome.body == _ANSWER
        gateway._buffered.give(call.held)  # noqa: SLF001 - as the end of its request does

    return ask


def _by_hand(client: httpx.AsyncClient, url: str) -> Ask:
    auth = SigV4Auth(TheirCredentials(_KEY, _SECRET, _TOKEN), "lambda", "eu-west-1")

    async def ask() -> None:
        request = AWSRequest(method="GET", url=f"{url}/part/1?user_id=7")
        auth.add_auth(request)
        response = await client.get(request.url, headers=dict(request.headers))
        assert response.content == _ANSWER

    return ask


def _signing() -> tuple[float, float]:
    """Microseconds that a signature of a POST of 1 KB takes: botocore's, and ours."""
    body, ours = b"x" * 1024, Signer("eu-west-1", "lambda", "x.lambda-url.eu-west-1.on.aws")
    credentials = Credentials(_KEY, _SECRET, _TOKEN)
    auth = SigV4Auth(TheirCredentials(_KEY, _SECRET, _TOKEN), "lambda", "eu-west-1")

    def theirs() -> None:
        url = "https://x.lambda-url.eu-west-1.on.aws/score/7?full=1"
        headers = {"content-type": "application/json"}
        auth.add_auth(AWSRequest(method="POST", url=url, headers=headers, data=body))

    def own() -> None:
        lines = b"content-type: application/json\r\n"
        ours.lines("POST", b"/score/7?full=1", lines, body, credentials, time.time())

    return _best(theirs), _best(own)


def _best(sign: Callable[[], None]) -> float:
    return min(timeit.repeat(sign, number=500, repeat=10)) / 500 * 1e6


async def _measure(url: str, folder: str) -> None:
    path = Path(folder, "gateway.yaml")
    path.write_text(_CONFIG.format(url=url, route=_ROUTE, key=_KEY, secret=_SECRET, token=_TOKEN))
    theirs, ours = _signing()
    late = "" if ours <= SIGNING_TARGET else f" over {SIGNING_TARGET}"
    print(f"a signature: botocore {theirs:.1f} µs, ours {ours:.1f} µs{late}\n")
    async with httpx.AsyncClient(trust_env=False) as client, Gateway(path) as gateway:
        by_hand, by_step = _by_hand(client, url), _step(gateway)
        print("| at once | httpx + botocore | the step | × |\n| ---: | ---: | ---: | ---: |")
        for at_once in AT_ONCE:
            taken = [(await _cpu(by_hand, at_once), await _cpu(by_step, at_once)) for _ in range(ROUNDS)]
            hand, step = (min(each) for each in zip(*taken, strict=True))
            print(f"| {at_once} | {hand:.0f} µs | {step:.0f} µs | {step / hand:.2f} |")


def _await(url: str) -> None:
    for _ in range(500):
        try:
            httpx.get(f"{url}/part/1", trust_env=False)
        except httpx.ConnectError:
            time.sleep(0.01)
        else:
            return


def main() -> None:
    """Print the table."""
    loop = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with _server() as url, tempfile.TemporaryDirectory() as folder, loop as runner:
        _await(url)
        runner.run(_measure(url, folder))


if __name__ == "__main__":
    main()
