"""Where AWS credentials come from: the configuration, the environment, or the standard chain of botocore.

Everything here blocks (files, metadata services, STS) and is called in a thread of its own; see
``credential_store``. The environment is read without botocore: inside Lambda that is all there is, and the
import costs 95 ms and 10 MB of a cold start.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any, Final, Protocol

from gateway.telemetry.log import note
from gateway.transport.credentials import Credentials

EXTRA: Final = "aws"
"""The extra of this package that brings botocore."""

ENVIRONMENT: Final = "the environment"


class NoCredentialsError(Exception):
    """None were found; the text says why, without a secret."""


class Finding(Protocol):
    """How credentials are found."""

    @property
    def lasting(self) -> bool:
        """What was found stays good: there is no point in looking again unless it is refused."""

    def __call__(self, *, anew: bool) -> Credentials:
        """Look; blocks. *anew*: what was found before was refused, so nothing of it may be reused.

        Raises ``NoCredentialsError``, and whatever else goes wrong.
        """


class Given:
    """Credentials that stand in the configuration."""

    lasting = True

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, *, anew: bool) -> Credentials:  # noqa: ARG002 - there are no others
        """Those."""
        return self._credentials


class Chain:
    """The standard chain: environment, shared files (with *profile*), SSO, web identity, container, instance.

    Without a *profile* the keys of *environ* come first, as everywhere. Everything else is botocore's, which
    reads the process' own environment.
    """

    def __init__(self, profile: str | None, environ: Mapping[str, str]) -> None:
        self._profile = profile
        self._environ = environ
        self._found: Any = None

    @property
    def lasting(self) -> bool:
        """Only what the environment holds: it cannot change while the process runs."""
        return self._profile is None and from_environment(self._environ) is not None

    def __call__(self, *, anew: bool) -> Credentials:
        """See ``Finding``."""
        own = from_environment(self._environ) if self._profile is None else None
        return own or self._by_botocore(anew=anew)

    def _by_botocore(self, *, anew: bool) -> Credentials:
        # An extra, and slow to import: only for who needs it.
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415
        from botocore.session import Session  # noqa: PLC0415

        try:
            if self._found is None or anew:
                self._found = Session(profile=self._profile).get_credentials()
            if self._found is None:
                raise NoCredentialsError(
                    "neither environment, shared files, web identity, container nor instance has any"
                )
            # Renews them by itself once they have less than 15 minutes left, and waits for that.
            frozen = self._found.get_frozen_credentials()
        except (BotoCoreError, RuntimeError) as error:
            raise NoCredentialsError(note(f"{type(error).__name__}: {error}")) from None
        return Credentials(
            frozen.access_key, frozen.secret_key, frozen.token or "", f"the {self._found.method} provider"
        )


def from_environment(environ: Mapping[str, str]) -> Credentials | None:
    """The keys that *environ* holds, if both are there."""
    key, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        return None
    token = environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN") or ""
    return Credentials(key, secret, token, ENVIRONMENT)


def chain_is_complete() -> bool:
    """Whether botocore is installed: without it there are only the environment's own keys."""
    return importlib.util.find_spec("botocore") is not None
