"""What went wrong with a Redis, in words that hold no address, no user and no password.

The server names its errors by their first word (``WRONGTYPE``, ``LOADING``); redis-py keeps it as its
``status_code`` or leaves it in the text. Nothing else of a text is ever passed on: it may hold keys, values
and names.
"""

from __future__ import annotations

import ssl
from typing import Final

from redis.asyncio.sentinel import MasterNotFoundError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

_LOG_IN: Final = {
    "WRONGPASS": "the server refuses the user or the password (WRONGPASS)",
    "NOAUTH": "the server wants a password, and none is configured (NOAUTH)",
    "NOPERM": "the user may not do that (NOPERM)",
    "LOADING": "the server still loads its data (LOADING)",
}


def code_of(error: BaseException) -> str:
    """The first word of what the server said, such as ``WRONGTYPE``; ``""`` if no server said it."""
    code = getattr(error, "status_code", None)
    if code is None and isinstance(error, RedisError) and not isinstance(error, RedisConnectionError):
        code = str(error).partition(" ")[0]
        # An error without a code of its own (of a script, say) begins with a word that may be anything.
        if not (code.isascii() and code.isupper() and len(code) <= 24):
            code = "ERR"
    return code or ""


def words_of(error: BaseException) -> str:
    """Why there is no connection, or none any more."""
    code = code_of(error)
    if code in _LOG_IN:
        return _LOG_IN[code]
    if isinstance(error, MasterNotFoundError):
        return "no sentinel knows the service's master"
    why = error.__cause__ or error.__context__ or error
    if isinstance(why, ssl.SSLError):
        return f"TLS: {getattr(why, 'reason', None) or 'failed'}"
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "no answer in time"
    kind = type(why).__name__ if isinstance(why, OSError) else type(error).__name__
    return f"{kind}{f' ({code})' if code else ''}"
