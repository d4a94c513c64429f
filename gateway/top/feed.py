"""Asks an admin listener for what its dashboard shows.

Proxies of the environment are not asked: the admin listener is on loopback, or in the operator's own network.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import Final
from urllib.parse import urlsplit

import msgspec

from gateway.dashboard.snapshot import Snapshot

LIMIT: Final = 2.0
"""Seconds without a byte after which nobody is there."""

_MOST: Final = 16 * 1024 * 1024
"""Bytes of an answer; hundreds of upstreams and routes are far below."""

_DECODER: Final = msgspec.json.Decoder(Snapshot)


class Away(Exception):  # noqa: N818 - it is expected, and says where the gateway is
    """The admin listener gave no numbers; the text says why."""


class Feed:
    """The admin listener at *admin*, ``http://host:port``; ``ValueError`` if that is none."""

    def __init__(self, admin: str) -> None:
        parts = urlsplit(admin)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            msg = f"`{admin}` is not the address of a listener, like http://127.0.0.1:9901"
            raise ValueError(msg)
        parts.port  # noqa: B018 - raises where it is none
        self._url = admin.rstrip("/") + "/feed.json"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self) -> Snapshot:
        """The numbers of now; raises ``Away``."""
        try:
            with self._opener.open(self._url, timeout=LIMIT) as answer:
                return _DECODER.decode(answer.read(_MOST))
        except urllib.error.HTTPError as error:
            error.close()
            told = " (is it the admin listener?)" if error.code == http.HTTPStatus.NOT_FOUND else ""
            raise Away(f"{self._url} says {error.code}{told}") from error
        except urllib.error.URLError as error:
            raise Away(_words(error.reason)) from error
        except (OSError, http.client.HTTPException) as error:
            raise Away(_words(error)) from error
        except msgspec.MsgspecError as error:
            raise Away(f"{self._url} is not a feed that this version reads ({error})") from error


def _words(reason: str | BaseException) -> str:
    """*reason* for a person: without numbers and class names, where the system has words for it."""
    if isinstance(reason, TimeoutError):
        return f"silent for {LIMIT:g} s"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return str(reason) or type(reason).__name__
