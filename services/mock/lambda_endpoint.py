"""A local Lambda: a function URL and the Invoke API, with signatures, cold starts, throttling and freezing.

What it says, and with which status and headers, is what AWS documents: docs/sources/lambda.md lists it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from services.mock.environments import Fleet, Limits, Result
from services.mock.functions import HANDLERS
from services.mock.lambda_events import url_answer, url_event
from services.mock.signatures import Key, Refusal, Signed, Verifier

REGION: Final = "eu-west-1"
KEY: Final = Key("AKIAMOCKGATEWAY00001", "mock/secret+of/the+local/endpoint/only00")
"""Who may call. A secret of nothing: it opens this mock."""

LARGEST: Final = 6 * 2**20
LARGEST_EVENT: Final = 2**20
RETRIES: Final = 2
"""Further tries of an event whose function failed, as Lambda has them."""


class LambdaEndpoint:
    """Functions by name, each with its environments. *function* answers at the URL.

    ``signed``: requests must be signed by one of ``verifier.keys``. ``retry_after`` is seconds until an event
    whose function failed is tried again.
    """

    def __init__(self, function: str = "score", keys: tuple[Key, ...] = (KEY,)) -> None:
        self.function = function
        self.limits = Limits()
        self.fleets: Mapping[str, Fleet] = {
            name: Fleet(name, handler, self.limits) for name, handler in HANDLERS.items()
        }
        self.verifier = Verifier(keys, REGION, "lambda")
        self.signed = True
        self.retry_after = 60.0
        self.refused = self.events_ended = 0
        self._events: set[asyncio.Task[None]] = set()

    async def url(self, request: Request) -> Response:
        """The function's URL."""
        signed, refusal = await self._read(request)
        if refusal is not None:
            return _refused(refusal, "Message")
        if len(signed.body) > LARGEST:
            return Response("Request Entity Too Large", 413)
        request_id = str(uuid.uuid4())
        event = url_event(signed.method, signed.target, list(signed.headers), signed.body, request_id)
        result = await self.fleets[self.function].invoke(event, request_id)
        if result is None:
            return _throttled(request_id)
        if result.pieces is not None:
            return StreamingResponse(result.pieces, headers=_ids(request_id), media_type="application/json")
        if not result.error:
            with contextlib.suppress(ValueError, TypeError):  # a malformed result is an error, too
                status, headers, body = url_answer(result.value)
                return Response(body, status, {**headers, **_ids(request_id)})
        return Response("Internal Server Error", 502, _ids(request_id), "text/plain")

    async def invoke(self, request: Request) -> Response:
        """``POST /2015-03-31/functions/{name}/invocations``."""
        signed, refusal = await self._read(request)
        if refusal is not None:
            return _refused(refusal, "message")
        name = unquote(request.path_params["name"]).rpartition(":")[2]
        fleet = self.fleets.get(name)
        if fleet is None:
            message = f"Function not found: arn:aws:lambda:{REGION}:function:{name}"
            return _refused(Refusal("ResourceNotFoundException", message, 404), "Message")
        kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
        if len(signed.body) > (LARGEST if kind == "RequestResponse" else LARGEST_EVENT):
            return _refused(Refusal("RequestTooLargeException", "the payload is too large", 413), "message")
        try:
            event = json.loads(signed.body or b"{}")
        except ValueError:
            message = "Could not parse request body into json"
            return _refused(Refusal("InvalidRequestContentException", message, 400), "Message")
        request_id = str(uuid.uuid4())
        if kind == "DryRun":
            return Response(b"", 204, _ids(request_id))
        if kind == "Event":
            self._queue(fleet, event, request_id)
            return Response(b"", 202, _ids(request_id))
        return _invoked(await fleet.invoke(event, request_id), request_id)

    def close(self) -> None:
        """End every environment; blocks."""
        for fleet in self.fleets.values():
            fleet.close()

    def _queue(self, fleet: Fleet, event: Any, request_id: str) -> None:
        async def work() -> None:
            for _ in range(1 + RETRIES):
                result = await fleet.invoke(event, request_id)
                if result is not None and not result.error:
                    break
                await asyncio.sleep(self.retry_after)
            self.events_ended += 1

        task = asyncio.create_task(work())
        self._events.add(task)
        task.add_done_callback(self._events.discard)

    async def _read(self, request: Request) -> tuple[Signed, Refusal | None]:
        scope = request.scope
        target, _, _ = scope["raw_path"].decode("latin-1").partition("?")
        if scope["query_string"]:
            target += f"?{scope['query_string'].decode('latin-1')}"
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        signed = Signed(request.method, target, headers, await request.body())
        refusal = self.verifier.refusal(signed, datetime.now(UTC)) if self.signed else None
        self.refused += refusal is not None
        return signed, refusal


def _invoked(result: Result | None, request_id: str) -> Response:
    if result is None:
        return _throttled(request_id)
    headers = {**_ids(request_id), "x-amz-executed-version": "$LATEST"}
    if result.pieces is not None:
        return StreamingResponse(result.pieces, headers=headers, media_type="application/json")
    if result.error:
        body = {"errorMessage": result.message, "errorType": result.error, "stackTrace": []}
        return JSONResponse(body, 200, {**headers, "x-amz-function-error": "Unhandled"})
    return JSONResponse(result.value, 200, headers)


def _throttled(request_id: str) -> Response:
    body = {
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "Type": "User",
        "message": "Rate Exceeded.",
    }
    return JSONResponse(body, 429, {**_ids(request_id), "x-amzn-errortype": "TooManyRequestsException"})


def _refused(refusal: Refusal, key: str) -> Response:
    headers = {**_ids(str(uuid.uuid4())), "x-amzn-errortype": refusal.kind}
    return JSONResponse({key: refusal.message}, refusal.status, headers)


def _ids(request_id: str) -> dict[str, str]:
    return {"x-amzn-requestid": request_id}
