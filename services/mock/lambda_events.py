"""What a function URL makes of HTTP: an event (payload 2.0) of a request, and an answer of a result."""

from __future__ import annotations

import base64
import json
import time
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

ACCOUNT: Final = "123456789012"


def url_event(
    method: str, target: str, headers: list[tuple[str, str]], body: bytes, request_id: str
) -> dict[str, Any]:
    """What a function sees of a request; members that would be empty are absent."""
    path, _, query = target.partition("?")
    joined: dict[str, str] = {}
    for name, value in headers:
        if name != "cookie":
            joined[name] = f"{joined[name]},{value}" if name in joined else value
    event = _described(method, path, query, joined, request_id)
    cookies = [each.strip() for name, value in headers if name == "cookie" for each in value.split(";")]
    if cookies:
        event["cookies"] = cookies
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    if parameters:
        event["queryStringParameters"] = parameters
    if body:
        try:
            event["body"] = body.decode()
        except UnicodeDecodeError:
            event["body"], event["isBase64Encoded"] = base64.b64encode(body).decode(), True
    return event


def _described(
    method: str, path: str, query: str, headers: dict[str, str], request_id: str
) -> dict[str, Any]:
    """What every event says."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": unquote(path),
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "mock",
            "domainName": headers.get("host", ""),
            "http": {"method": method, "path": unquote(path), "sourceIp": "127.0.0.1"},
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": False,
    }


def url_answer(value: Any) -> tuple[int, dict[str, str], bytes]:
    """The HTTP answer that a result is. Raises ``TypeError`` for a malformed one.

    Without ``statusCode`` the whole value is the body, as JSON.
    """
    if not isinstance(value, dict) or "statusCode" not in value:
        return 200, {"content-type": "application/json"}, json.dumps(value).encode()
    body = value.get("body") or ""
    if not isinstance(value["statusCode"], int) or not isinstance(body, str):
        raise TypeError("statusCode must be a number, and body text")
    content = base64.b64decode(body) if value.get("isBase64Encoded") else body.encode()
    headers = {str(name).lower(): str(text) for name, text in (value.get("headers") or {}).items()}
    return value["statusCode"], {"content-type": "application/json", **headers}, content
