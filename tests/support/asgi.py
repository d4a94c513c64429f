"""A client and its server as an ASGI application sees them: a scope, a scripted receive, a recording send."""

import asyncio
import json


class AsgiClient:
    """Sends one request as scripted, and keeps the answer.

    *body* lists the pieces of the body; a number among them is a pause in seconds. The client leaves
    *leaves_after* seconds from its first message (never if ``None``); ``...`` as the last piece of a body
    means that it leaves in the middle of it.
    """

    def __init__(self, method="GET", path="/x", query=b"", headers=(), body=(), leaves_after=None, **scope):
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query,
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            "client": ("127.0.0.1", 50_000),
            **scope,
        }
        self._pieces = list(body) or [b""]
        self._leaves_after = leaves_after
        self.asked = 0
        self.sent = []

    async def receive(self):
        self.asked += 1
        while self._pieces:
            piece = self._pieces.pop(0)
            if piece is ...:
                return {"type": "http.disconnect"}
            if not isinstance(piece, bytes):
                await asyncio.sleep(piece)
                continue
            return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}
        if self._leaves_after is None:
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(self._leaves_after)
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def headers(self):
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self):
        return b"".join(message["body"] for message in self.sent[1:])

    @property
    def json(self):
        return json.loads(self.body)
