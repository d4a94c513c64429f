"""Sources of other distributions: what they may leave out, and what they may do wrong."""

import asyncio

from gateway.buffered import Buffered
from gateway.sources.brought import BroughtSource
from gateway.sources.function import FunctionClient
from tests.support.calls import make_call


def brought(source):
    return BroughtSource(source, FunctionClient(source, Buffered(100), limit=5, max_response=100), "shop")


class Minimal:
    async def __call__(self, asked):
        return asked.step


class Failing(Minimal):
    async def open(self):
        raise OSError("no\nroute")

    async def close(self):
        raise KeyError("gone")

    def details(self):
        raise ValueError("none")


async def test_a_source_needs_neither_open_nor_close_nor_details():
    source = brought(Minimal())
    await source.open()

    assert (await source.source(make_call("price"))).body == b'"price"'
    assert source.details() == {}
    assert source.state().created == 1
    await source.close()


async def test_a_source_that_cannot_open_is_told_of_and_asked_all_the_same(caplog):
    source = brought(Failing())
    await source.open()
    answer = await source.source(make_call("price"))
    details = source.details()
    await source.close()

    assert answer.body == b'"price"'
    assert details == {"trouble": "OSError: no\\nroute", "details": "ValueError: none"}
    assert [line.getMessage() for line in caplog.records] == [
        "shop could not open: OSError: no\\nroute",
        "shop could not close: KeyError: 'gone'",
    ]


async def test_neither_start_nor_end_hang_on_a_source():
    class Hanging(Minimal):
        async def open(self):
            await asyncio.sleep(1000)

    calls = FunctionClient(Minimal(), Buffered(9), limit=1, max_response=9)
    source = BroughtSource(Hanging(), calls, "s", 0.01)
    await source.open()

    assert source.details() == {"trouble": "took more than 0.01 s"}
