"""Whatever a foreign file holds, it is told or carried: no import crashes, and what comes out is sound.

Files are made at random of the keys and values that such files have, some of them of the wrong kind.
"""

import json
import random

import pytest

from gateway import Gateway
from gateway.config import load_text
from gateway.importing.foreign import UnreadableError, parsed
from gateway.importing.krakend.convert import convert as from_krakend
from gateway.importing.krakend.namespaces import CALLS, GUARDS, LOST
from gateway.importing.openapi.convert import convert as from_openapi
from gateway.importing.sound import sound_text

ODD = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x",
    "{",
    "}",
    "{{x}}",
    "${HOME}",
    "é",
    "\u2028",
    [],
    ["x", None],
    {},
    {"a": {"b": 1}},
    "a" * 300,
]
TEXTS = [
    "a",
    "a.b",
    "x y",
    "it's",
    "{id}",
    "${A}",
    "a/b",
    "*",
    "-",
    "0",
    "resp0",
    "query",
    "steps",
    "a.*.b",
    "a.0",
]


def odd(rng, value):
    """*value*, or sometimes something that nobody expects there."""
    return rng.choice(ODD) if rng.random() < 0.04 else value


def some(rng, **keys):
    """Some of *keys*, which are functions, with their values."""
    return {key: odd(rng, make()) for key, make in keys.items() if rng.random() < 0.4}


def texts(rng):
    return [rng.choice(TEXTS) for _ in range(rng.randrange(3))]


def krakend(rng):
    def proxy():
        kinds = ("move", "del", "append", "x")
        return some(
            rng,
            sequential=lambda: True,
            static=lambda: {
                "strategy": rng.choice(("always", "errored", "success", "complete", "incomplete", "x")),
                "data": rng.choice(({"a": "{x}"}, {"a b": [1, None]}, {"$": "${X}"})),
            },
            flatmap_filter=lambda: [{"type": rng.choice(kinds), "args": texts(rng)} for _ in range(2)],
        )

    def extra():
        names = rng.sample(sorted({*LOST, *CALLS, *(GUARDS if rng.random() < 0.2 else ())}), rng.randrange(2))
        known = some(
            rng,
            **{
                "proxy": proxy,
                "qos/circuit-breaker": lambda: some(
                    rng, max_errors=lambda: 3, timeout=lambda: rng.choice((5, 0.2))
                ),
                "backend/lambda": lambda: some(
                    rng, function_name=lambda: rng.choice(TEXTS), region=lambda: "eu"
                ),
                "auth/aws-sigv4": lambda: some(rng, region=lambda: "eu", service=lambda: "s3"),
            },
        )
        return known | {name: {} for name in names}

    def backend():
        patterns = (
            "/b",
            "/b/{id}",
            "/b?x={Id}&y=1+2",
            "/{resp0_a.b}",
            "/{nobody}",
            "//",
            "/a b",
            "/%zz",
            "/..",
            "/{id}.x",
        )
        return {
            "url_pattern": odd(rng, rng.choice(patterns)),
            "host": odd(rng, rng.choice((["http://h"], ["h:1", "g:2"], ["https://h/v1/"], []))),
        } | some(
            rng,
            method=lambda: rng.choice(("GET", "POST", "put", "TRACE")),
            encoding=lambda: rng.choice(("json", "safejson", "xml", "no-op")),
            group=lambda: rng.choice(TEXTS),
            target=lambda: rng.choice(TEXTS),
            allow=lambda: texts(rng),
            deny=lambda: texts(rng),
            mapping=lambda: {rng.choice(TEXTS): rng.choice(TEXTS) for _ in range(2)},
            is_collection=lambda: True,
            input_headers=lambda: texts(rng),
            extra_config=extra,
        )

    def endpoint():
        paths = ("/a", "/a/{id}", "/{id}", "/a/{id}/{query}", "/health", "/x y", "/a/", "/{id}.json", "a")
        return {
            "endpoint": odd(rng, rng.choice(paths)),
            "backend": odd(rng, [backend() for _ in range(rng.randrange(4))]),
        } | some(
            rng,
            method=lambda: rng.choice(("GET", "POST", "DELETE", "HEAD")),
            timeout=lambda: rng.choice(("1s", "300ms", "0s", "fast", "1us", "999h")),
            cache_ttl=lambda: "5m",
            concurrent_calls=lambda: rng.randrange(5),
            output_encoding=lambda: rng.choice(("json", "json-collection", "no-op", "xml")),
            input_query_strings=lambda: [*texts(rng), "a\n"],
            input_headers=lambda: [*texts(rng), "Authorization", "X-A"],
            extra_config=extra,
        )

    return {"version": 3, "endpoints": odd(rng, [endpoint() for _ in range(3)])} | some(
        rng, timeout=lambda: "1s", extra_config=extra, host=lambda: ["http://d"], port=lambda: 1
    )


def openapi(rng):
    def schema():
        types = ("integer", "string", "array", "object", "number", "boolean", ["integer", "null"])
        return some(rng, type=lambda: rng.choice(types), format=lambda: rng.choice(("uuid", "int64")))

    def parameter():
        where = ("path", "query", "header", "cookie", "x")
        return {"name": odd(rng, rng.choice((*TEXTS, "id"))), "in": rng.choice(where)} | some(
            rng, schema=schema, required=lambda: True, explode=lambda: False
        )

    def content():
        kinds = ("application/json", "text/csv", "application/x-www-form-urlencoded", "a+json", "*/*")
        return {rng.choice(kinds): {"schema": {"properties": {rng.choice(TEXTS): {}}}}}

    def operation():
        return {
            "responses": odd(
                rng, {rng.choice(("200", "201", "204", "2XX", "default", "404")): some(rng, content=content)}
            )
        } | some(
            rng,
            operationId=lambda: rng.choice(TEXTS),
            summary=lambda: rng.choice(TEXTS),
            parameters=lambda: [parameter() for _ in range(3)],
            requestBody=lambda: {"content": content()},
            security=lambda: [{"k": []}],
            servers=lambda: [{"url": rng.choice(("http://a", "/v1", "{x}", "http://[", "ftp://a"))}],
        )

    paths = ("/", "/a", "/a/{id}", "/{id}", "/{a}-{b}", "/docs", "/a/{id}/", "//", "/%41", "/a b")
    methods = ("get", "post", "put", "delete", "head")
    items = {rng.choice(paths): {rng.choice(methods): operation()} for _ in range(4)}
    kinds = (
        {"type": "http"},
        {"type": "apiKey", "in": "query", "name": "k"},
        {"type": "apiKey", "in": "header", "name": "X K"},
    )
    schemes = {"securitySchemes": {"k": rng.choice(kinds)}}
    return {"openapi": "3.1.0", "info": odd(rng, {"title": "T"}), "paths": items, "components": schemes}


def sound(convert, document):
    try:
        draft, report = convert(parsed(json.dumps(document), "foreign.json"))
    except UnreadableError:
        return None
    text = sound_text(draft, report, "fuzz")
    str(report)
    return Gateway(load_text(text, {}), environ={}) if text else None


@pytest.mark.parametrize("seed", range(6))
def test_any_krakend_file_becomes_something_sound(seed):
    rng = random.Random(seed)
    for _ in range(12):
        document = krakend(rng)
        try:
            sound(lambda root: from_krakend(root, allow_unguarded=rng.random() < 0.5), document)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {json.dumps(document)}") from error


@pytest.mark.parametrize("seed", range(4))
def test_any_openapi_document_becomes_something_sound(seed):
    rng = random.Random(seed)
    for _ in range(12):
        document = openapi(rng)
        try:
            sound(lambda root: from_openapi([root]), document)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {json.dumps(document)}") from error
