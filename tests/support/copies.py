"""Copies and keys for tests of stores."""

import hashlib

from gateway.stores.store import Copy


def key_of(name):
    """A key as the gateway makes them: a digest of 32 bytes."""
    return hashlib.sha256(str(name).encode()).digest()


def copy_of(body=b"{}", *, fresh=60.0, **rest):
    """A copy whose numbers do not matter unless the test says so."""
    return Copy(body, fresh, **rest)
