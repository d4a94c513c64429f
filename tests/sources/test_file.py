"""Files as sources: what is read, when it is read again, and what is served meanwhile."""

import asyncio
import json

import pytest

from gateway.outcome import Cause, Freshness
from gateway.sources.file import WatchedFile, read, stamp_of
from tests.support.calls import make_call

EVERY = 0.01


@pytest.fixture
def path(tmp_path):
    return tmp_path / "countries.json"


async def looked(times=2):
    """Long enough for so many looks, with their threads."""
    await asyncio.sleep(times * (EVERY + 0.02))


async def served(file):
    outcome = await file.source(make_call())
    return outcome.body, outcome.freshness, outcome.cause


def put(path, content):
    """Replace the file in one step, as one should."""
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)


async def test_json_is_served_as_it_stands_and_text_as_a_json_string(path, tmp_path):
    path.write_bytes(b'\xef\xbb\xbf { "tax": 7.50 }\n')
    notice = tmp_path / "notice.txt"
    notice.write_text('Closed "today"\n')

    assert await served(WatchedFile(path)) == (b'{ "tax": 7.50 }', Freshness.LIVE, None)
    assert json.loads((await served(WatchedFile(notice)))[0]) == 'Closed "today"\n'


@pytest.mark.parametrize(
    ("content", "cause", "detail"),
    [
        (None, Cause.UNREACHABLE, "the file cannot be read: No such file or directory"),
        (b"{", Cause.UNREADABLE, "the file is not JSON: Input data was truncated"),
        (b'"\xff"', Cause.UNREADABLE, "the file is not UTF-8: invalid start byte at byte 1"),
        (b"0" * 11, Cause.TOO_LARGE, "the file has more than 10 bytes"),
    ],
)
def test_what_is_wrong_with_a_file_has_a_cause(path, content, cause, detail):
    if content is not None:
        path.write_bytes(content)

    failure = read(path, 10)[1]
    assert (failure.cause, failure.detail) == (cause, detail)


async def test_a_file_that_never_could_be_read_is_its_cause(path):
    file = WatchedFile(path)
    outcome = await file.source(make_call())

    assert (outcome.cause, file.details()) == (
        Cause.UNREACHABLE,
        {"trouble": "the file cannot be read: No such file or directory"},
    )


async def test_a_file_that_changes_is_read_again(path):
    path.write_bytes(b"1")
    file = WatchedFile(path, EVERY)
    await file.open()
    put(path, b"2")
    await looked()

    assert await served(file) == (b"2", Freshness.LIVE, None)
    await file.close()


async def test_a_file_that_stays_the_same_is_not_read_again(path):
    path.write_bytes(b"1")
    file = WatchedFile(path, EVERY)
    before = file._body
    await file.open()
    await looked(3)

    assert file._body is before
    await file.close()


async def test_while_a_file_is_gone_what_it_held_is_served_and_said_to_be_stale(path, caplog):
    path.write_bytes(b"1")
    file = WatchedFile(path, EVERY)
    await file.open()
    path.unlink()
    await looked(4)
    gone = await served(file)
    put(path, b"2")
    await looked()

    assert gone == (b"1", Freshness.STALE, Cause.UNREACHABLE)
    assert await served(file) == (b"2", Freshness.LIVE, None)
    assert [line.getMessage().partition(": ")[2] or "again" for line in caplog.records] == [
        "the file cannot be read: No such file or directory; what it held before is served, as stale",
        "again",
    ]
    await file.close()


async def test_a_file_that_is_half_written_is_broken_only_if_it_stays_so(path):
    path.write_bytes(b"[1]")
    file = WatchedFile(path)
    path.write_bytes(b"[1, 2")
    file._take(*read(path))
    once = await served(file)
    file._take(*read(path))
    twice = await served(file)
    path.write_bytes(b"[1, 2]")
    file._take(*read(path))

    assert once == (b"[1]", Freshness.LIVE, None)
    assert twice == (b"[1]", Freshness.STALE, Cause.UNREADABLE)
    assert await served(file) == (b"[1, 2]", Freshness.LIVE, None)


async def test_a_file_that_is_closed_is_not_looked_at_and_can_be_opened_again(path):
    path.write_bytes(b"1")
    file = WatchedFile(path, EVERY)
    await file.open()
    await file.close()
    await file.close()
    put(path, b"2")
    await looked()
    assert (await served(file))[0] == b"1"

    await file.open()
    await looked()
    assert (await served(file))[0] == b"2"
    await file.close()


def test_a_folder_is_no_file(tmp_path):
    assert stamp_of(tmp_path / "none") is None
    assert read(tmp_path)[1].cause is Cause.UNREACHABLE
