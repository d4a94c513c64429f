"""Plays the examples of documentation pages: a configuration, what upstreams answer, a request, its answer.

What a page's fenced blocks mean is told in docs/cookbook/README.md. Upstreams are written ``http://NAME``
in a page's configuration; here each becomes a scripted server that knows what the page says it answers.
"""

import contextlib
import json
import re
from dataclasses import dataclass, field

from gateway.config import ConfigError
from tests.support.gateways import Asked, gateway_of, replying, serving
from tests.support.servers import scripted

_FENCE = re.compile(r"^```(\S+)[ ]?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HOST = re.compile(r"http://([a-z][a-z0-9-]*)(?=[\s/\"',}\]]|$)")
_ANSWERS = ("json", "ndjson", "xml", "csv", "text")


@dataclass
class Block:
    """One fenced block; ``line`` is where it begins."""

    kind: str
    words: list
    text: str
    line: int


@dataclass
class Example:
    """One request to one configuration, and all that the page says must come of it."""

    config: str
    upstreams: dict
    request: Block
    answer: Block | None = None
    headers: list = field(default_factory=list)
    asked: list | None = None


def blocks(text):
    return [
        Block(match[1], match[2].split(), match[3], text.count("\n", 0, match.start()) + 1)
        for match in _FENCE.finditer(text)
    ]


def examples(text):
    """The page's examples in order; faulty configurations as pairs of the text and what is told of it."""
    played, faulty = [], []
    config, upstreams = "", {}
    for block in blocks(text):
        if block.kind == "yaml" and not block.words:
            config = _with(config, block.text)
        elif block.kind == "yaml" and block.words == ["fault"]:
            faulty.append([_with(config, block.text), ""])
        elif block.kind == "text" and block.words == ["fault"]:
            faulty[-1][1] = block.text
        elif block.kind == "http" and block.words:
            upstreams = {**upstreams, (block.words[0], _first_line(block)): block}
        elif block.kind == "http":
            played.append(Example(config, upstreams, block))
        elif block.kind == "headers":
            played[-1].headers += block.text.splitlines()
        elif block.kind == "asked":
            played[-1].asked = sorted(block.text.splitlines())
        elif block.kind in _ANSWERS and played and block.words != ["example"]:
            assert played[-1].answer is None, f"line {block.line}: a second answer to one request"
            played[-1].answer = block
    return played, faulty


def _with(config, routes):
    """*routes* under the upstreams of *config*, unless they bring their own."""
    if re.search(r"^upstreams:", routes, re.MULTILINE):
        return routes
    return re.split(r"^routes:", config, maxsplit=1, flags=re.MULTILINE)[0] + routes


def _first_line(block):
    return " ".join(block.text.splitlines()[0].split()[:2])


def _message(text):
    """First line, header lines and body of a message as pages write it."""
    head, _, body = text.partition("\n\n")
    first, *lines = head.splitlines()
    return first, [tuple(line.split(": ", 1)) for line in lines], body.strip("\n")


class Upstream:
    """Answers as the page says it does; what it does not know is a 404."""

    def __init__(self, name, known):
        self.name = name
        self.asked = []
        self.known = {line: block for (host, line), block in known.items() if host == name}

    async def __call__(self, peer):
        while True:
            request = Asked(await peer.request())
            body = f" {request.body.decode()}" if request.body else ""
            self.asked.append(f"{self.name}: {request.method} {request.target}{body}")
            await peer.send(self._answer(request))

    def _answer(self, request):
        block = self.known.get(f"{request.method} {request.target}") or self.known.get(
            f"{request.method} {request.path}"
        )
        if block is None:
            return replying({"error": "the page knows no such answer"}, 404)
        first, lines, body = _message(block.text)
        status = first.split()[2] if len(first.split()) > 2 else "200"
        return replying(body.encode(), status, [f"{name}: {value}" for name, value in lines])


async def play(example):
    """Send the example's request to its gateway, and hold the answer against the page."""
    hosts = sorted(set(_HOST.findall(example.config)))
    upstreams = {host: Upstream(host, example.upstreams) for host in hosts}
    first, lines, body = _message(example.request.text)
    method, target = first.split()[:2]
    async with contextlib.AsyncExitStack() as stack:
        urls = {host: (await stack.enter_async_context(scripted(upstreams[host]))).url for host in hosts}
        config = _HOST.sub(lambda match: urls[match[1]], example.config)
        served = await stack.enter_async_context(serving(config))
        client = await stack.enter_async_context(served.client())
        client.send(method, target, json.loads(body) if body else None, lines)
        answer = await client.answer()
        told = [f"{name}: {value}" for name, value in client.lines]
    where = f"line {example.request.line}: {first}"
    _hold_answer(example.answer, answer, where)
    for line in example.headers:
        assert line.lower() in [each.lower() for each in told], f"{where}: no header {line} in {told}"
    if example.asked is not None:
        asked = sorted(line for upstream in upstreams.values() for line in upstream.asked)
        assert asked == example.asked, where


def _hold_answer(block, answer, where):
    assert block is not None, f"{where}: the page does not say what is answered"
    status = int(block.words[0]) if block.words else 200
    assert answer.status == status, f"{where}: {answer.status} {answer.body}"
    if block.kind == "json":
        expected = json.loads(block.text)
        given = answer.json
        if isinstance(given, dict) and "request_id" not in expected:
            given = {key: value for key, value in given.items() if key != "request_id"}
        assert given == expected, where
    else:
        assert answer.body.decode().strip() == block.text.strip(), where


def told_of(config):
    """What ``gateway check`` prints about *config*, without the name of the file."""
    try:
        gateway_of(config)
    except ConfigError as error:
        return "\n".join(re.sub(r"^\S*(?=gateway\.yaml:)", "", line) for line in str(error).splitlines())
    return "no faults"
