"""The functions that the local Lambda endpoint runs: one to show, the others for what can happen."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import AsyncIterator
from typing import Any, Final

from services.mock.environments import Context, Handler

GRADES: Final = "ABCDE"


async def score(event: Any, context: Context) -> Any:
    """How much a user is worth, by URL (``/score/7``) or by Invoke (``{"user_id": 7}``).

    A ping is held as long as it asks for, so that pings sent together meet different environments.
    """
    if await _pinged(event):
        return _answer({"warm": True, "invocations": context.invocations}, event)
    user = event.get("user_id") if "rawPath" not in event else event["rawPath"].rpartition("/")[2]
    if not str(user).isdecimal():
        return _answer({"error": "no such user"}, event, 404)
    chance = random.Random(f"score {user}")
    points = chance.randint(1, 999)
    said = {"user_id": int(user), "score": points, "grade": GRADES[points * len(GRADES) // 1000]}
    return _answer(said, event)


async def echo(event: Any, _: Context) -> Any:
    """The event itself, as a function without an envelope answers."""
    return event


async def slow(event: Any, _: Context) -> Any:
    """Answers after ``seconds``."""
    await asyncio.sleep(float(_field(event, "seconds") or 0))
    return _answer({"slept": True}, event)


async def fail(event: Any, _: Context) -> Any:
    """Raises, exits, or answers the status it is asked for."""
    how = str(_field(event, "how"))
    if how == "exit":
        raise SystemExit(1)
    if how.isdecimal():
        return {"statusCode": int(how), "body": '{"secret":"of the function"}'}
    raise ValueError(f"secret of the function: {how}")


async def background(event: Any, context: Context) -> Any:
    """Leaves work behind that takes ``seconds``, and says how much was done before: nothing, while frozen."""
    done = context.state.setdefault("done", [])

    async def work() -> None:
        await asyncio.sleep(float(_field(event, "seconds") or 0))
        done.append(context.invocations)

    if _field(event, "begin"):
        context.state["task"] = asyncio.get_running_loop().create_task(work())
    elif _field(event, "wait"):
        await asyncio.sleep(float(_field(event, "wait") or 0))
    return _answer({"done": len(done), "invocations": context.invocations}, event)


async def pieces(event: Any, _: Context) -> Any:
    """A streamed answer: ``count`` pieces, ``pause`` seconds apart, one JSON array."""
    count, pause = int(_field(event, "count") or 3), float(_field(event, "pause") or 0)

    async def stream() -> AsyncIterator[bytes]:
        for number in range(count):
            yield (b"[" if number == 0 else b",") + str(number).encode()
            await asyncio.sleep(pause)
        yield b"]"

    return stream()


async def binary(_: Any, __: Context) -> Any:
    """An envelope whose body is base64."""
    body = base64.b64encode('{"name":"Müller"}'.encode()).decode()
    headers = {"content-type": "application/json"}
    return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}


HANDLERS: Final[dict[str, Handler]] = {
    each.__name__: each for each in (score, echo, slow, fail, background, pieces, binary)
}


async def _pinged(event: Any) -> bool:
    """Whether *event* is a ping, which has been held."""
    headers = event.get("headers") or {}
    held = event.get("hold_ms", headers.get("x-gateway-hold-ms"))
    if held is None and "x-gateway-warmup" not in headers:
        return False
    await asyncio.sleep(float(held or 0) / 1000)
    return True


def _field(event: Any, name: str) -> Any:
    """A field of an Invoke event, or a query parameter of a URL's."""
    if "rawPath" in event:
        return (event.get("queryStringParameters") or {}).get(name)
    return event.get(name)


def _answer(said: Any, event: Any, status: int = 200) -> Any:
    """*said* as the caller wants it: in an envelope for a URL, by itself for Invoke."""
    if "rawPath" not in event:
        return said
    headers = {"content-type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(said)}
