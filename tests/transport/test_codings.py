import gzip
import subprocess
import sys
import tracemalloc
import zlib

import brotli
import pytest
import zstandard

from gateway.outcome import Cause, Failure
from gateway.transport.codings import ACCEPTED, MAX_MEMBERS, decoded

TEXT = b'{"text":"' + b"abcdefghij" * 20_000 + b'"}'
MiB = 2**20


def raw_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


def unsized_zstd(data: bytes) -> bytes:
    """As servers send it that do not know the length in advance."""
    coder = zstandard.ZstdCompressor().compressobj()
    return coder.compress(data) + coder.flush()


CODERS = {
    "gzip": (b"gzip", gzip.compress),
    "x-gzip": (b"x-gzip", gzip.compress),
    "deflate": (b"deflate", zlib.compress),
    "raw deflate": (b"deflate", raw_deflate),
    "br": (b"br", lambda data: brotli.compress(data, quality=4)),
    "zstd": (b"zstd", zstandard.compress),
    "zstd, unsized": (b"zstd", unsized_zstd),
}
every = pytest.mark.parametrize(("name", "encode"), CODERS.values(), ids=CODERS)


WITHOUT = """
import sys
sys.modules["brotli"] = sys.modules["zstandard"] = None
from gateway.transport.codings import ACCEPTED, decoded
print(ACCEPTED.decode(), decoded(b"x", b"br", 9).cause, decoded(b"x", b"zstd", 9).cause)
"""


def test_without_the_extra_only_what_python_has_is_accepted():
    told = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "gzip, deflate unreadable unreadable"


def test_everything_that_is_installed_is_accepted():
    assert ACCEPTED == b"gzip, deflate, br, zstd"


@every
@pytest.mark.parametrize(
    "data", [b"", b"1", TEXT, bytes(range(256)) * 9], ids=["empty", "1", "text", "bytes"]
)
def test_body_is_what_was_encoded(name, encode, data):
    assert decoded(encode(data), name, MiB) == data


@pytest.mark.parametrize("encoding", [b"", b"identity", b"IDENTITY, ,identity"])
def test_identity_is_no_coding(encoding):
    assert decoded(TEXT, encoding, 1) == TEXT


def test_several_codings_are_undone_from_the_last_to_the_first():
    body = brotli.compress(zlib.compress(gzip.compress(TEXT)))
    assert decoded(body, b"gzip, Deflate,BR", MiB) == TEXT
    assert decoded(body, b"gzip,deflate,br,gzip", MiB).cause is Cause.UNREADABLE


@pytest.mark.parametrize("encoding", [b"compress", b"gzip2", b"\xff", b"gzip;q=1", b"gzip br"])
def test_coding_that_was_not_asked_for_is_unreadable(encoding):
    assert decoded(gzip.compress(TEXT), encoding, MiB).cause is Cause.UNREADABLE


@every
def test_body_that_ends_early_is_unreadable(name, encode):
    body = encode(TEXT)
    for length in {1, 2, 5, len(body) // 2, len(body) - 5, len(body) - 1}:
        got = decoded(body[:length], name, MiB)
        assert isinstance(got, Failure), length
        assert got.cause is Cause.UNREADABLE


@every
@pytest.mark.parametrize("more", [b"x", b"\0", b"garbage" * 10_000])
def test_body_that_goes_on_after_its_end_is_unreadable(name, encode, more):
    assert decoded(encode(TEXT) + more, name, MiB).cause is Cause.UNREADABLE


@every
def test_damaged_body_is_an_outcome(name, encode, seeded):
    for _ in range(200):
        body = bytearray(encode(TEXT[:300]))
        for _ in range(3):
            body[seeded.randrange(len(body))] = seeded.randrange(256)
        got = decoded(bytes(body), name, MiB)
        assert isinstance(got, bytes) or got.cause in {Cause.UNREADABLE, Cause.TOO_LARGE}


@every
def test_garbage_is_unreadable(name, encode, seeded):
    for size in (1, 2, 10, 1000):
        got = decoded(b"\xff" + seeded.randbytes(size), name, MiB)
        assert got.cause is Cause.UNREADABLE


@every
def test_limit_is_exact(name, encode):
    assert decoded(encode(TEXT), name, len(TEXT)) == TEXT
    assert decoded(encode(TEXT), name, len(TEXT) - 1).cause is Cause.TOO_LARGE


@every
def test_bomb_stops_early_and_takes_little_memory(name, encode):
    bomb = encode(bytes(100 * MiB))
    tracemalloc.start()
    try:
        assert decoded(bomb, name, 5 * MiB).cause is Cause.TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 16 * MiB
    finally:
        tracemalloc.stop()


def test_bomb_in_a_bomb_stops_at_the_outer_one():
    bomb = gzip.compress(gzip.compress(bytes(100 * MiB)))
    assert decoded(bomb, b"gzip, gzip", 100_000).cause is Cause.TOO_LARGE


@pytest.mark.parametrize(("name", "encode"), [CODERS["gzip"], CODERS["zstd"]])
def test_members_follow_each_other_but_not_without_end(name, encode):
    part = encode(b"ab")
    assert decoded(part * MAX_MEMBERS, name, MiB) == b"ab" * MAX_MEMBERS
    assert decoded(part * (MAX_MEMBERS + 1), name, MiB).cause is Cause.UNREADABLE
    assert decoded(encode(TEXT) + part, name, MiB) == TEXT + b"ab"
    assert decoded(part * 2 + part[:-3], name, MiB).cause is Cause.UNREADABLE


def test_zstd_window_above_what_http_allows_is_unreadable():
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    coder = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    assert decoded(coder.compress(TEXT) + coder.flush(), b"zstd", MiB).cause is Cause.UNREADABLE
