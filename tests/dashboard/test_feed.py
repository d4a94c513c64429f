"""The feed looks once a second while somebody watches, else now and then; and all who watch get the same."""

import asyncio
import contextlib
import itertools
import json

import pytest

from gateway.dashboard.feed import IDLE, WATCHING, Feed, ProcessView, Shown
from gateway.dashboard.kept import KeptRequests
from gateway.dashboard.snapshot import Guards
from gateway.outcome import Success
from gateway.telemetry.histogram import Histogram
from gateway.telemetry.meters import AttemptMeter, CallMeter, RequestMeter

GUARDS = Guards(
    state="open",
    reason="10 calls in a row failed",
    last_failure="timeout",
    open_remaining=4.0,
    in_flight=0,
    slots=None,
    waiting=0,
    budget=None,
    addresses=[],
)


class Setting:
    """A feed of one upstream and one route, on the loop's clock."""

    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.attempts, self.requests = AttemptMeter(), RequestMeter()
        self.looks = 0
        self.lag = Histogram()
        shown = Shown(
            upstreams={"orders": (self.attempts, self.guards)},
            routes={"GET /x": (self.requests, {"orders": CallMeter()})},
            loop_lag=self.lag,
            process=lambda: ProcessView(
                status="degraded", phase="ready", buffered=7, buffered_limit=9, background=1, stand_ins=True
            ),
            plans=[],
        )
        wall = lambda: 1_700_000_000.0 + self.loop.time()
        self.worked, self.work = 0.0, 0.0
        self.feed = Feed(shown, KeptRequests(wall), self.loop.time, wall, self.cpu)

    def cpu(self):
        """Every stretch of work takes ``work`` seconds."""
        self.worked += self.work
        return self.worked

    def guards(self):
        self.looks += 1
        return GUARDS

    async def points(self, seconds):
        """How many looks there were in the next *seconds*."""
        began = self.feed.snapshot().at
        await asyncio.sleep(seconds)
        return sum(point.at > began for point in self.feed.snapshot().upstreams[0].history)


@pytest.fixture
async def setting():
    setting = Setting()
    setting.feed.start(setting.loop)
    yield setting
    setting.feed.stop()


async def test_nobody_watches_and_it_looks_now_and_then(setting):
    assert await setting.points(4 * IDLE + 0.5) == 4


async def test_whoever_asks_once_makes_it_look_each_second_for_a_while(setting):
    await asyncio.sleep(60)
    setting.feed.json()

    assert await setting.points(WATCHING + 0.5) == 10
    assert await setting.points(4 * IDLE) == pytest.approx(4, abs=1)


async def test_snapshot_tells_everything(setting):
    setting.requests.record(200, True, 0.02)
    setting.requests.record(503, False, 0.02)
    setting.attempts.record(Success(b"1"), 0.02)
    setting.lag.observe(0.002)
    await asyncio.sleep(IDLE)

    told = json.loads(setting.feed.json())

    assert told["process"]["status"] == "degraded"
    assert (told["process"]["errors"], told["process"]["degraded"]) == (0.5, 0.5)
    assert told["process"]["loop_lag"] > 0.001
    assert told["upstreams"][0]["reason"] == "10 calls in a row failed"
    assert told["upstreams"][0]["slots"] is None
    assert [route["route"] for route in told["routes"]] == ["GET /x"]
    assert told["seconds"] == IDLE


async def test_json_is_never_older_than_half_a_second(setting):
    first = json.loads(setting.feed.json())["at"]
    await asyncio.sleep(0.6)

    assert json.loads(setting.feed.json())["at"] == pytest.approx(first + 0.6)


async def test_streams_begin_at_once_and_go_on_each_second(setting):
    frames = setting.feed.frames()
    began = setting.loop.time()
    times = []
    for _ in range(4):
        await anext(frames)
        times.append(round(setting.loop.time() - began))
    await frames.aclose()

    assert times == [0, 1, 2, 3]


async def test_all_who_watch_get_the_same_bytes_made_once(setting):
    streams = [setting.feed.frames() for _ in range(5)]
    for stream in streams:
        await anext(stream)
    before = setting.looks

    frames = await asyncio.gather(*map(anext, streams))

    assert len({id(frame) for frame in frames}) == 1
    assert setting.looks == before + 1
    for stream in streams:
        await stream.aclose()


async def test_viewer_that_leaves_is_counted_out(setting):
    async def watch():
        async for _ in setting.feed.frames():
            pass

    task = asyncio.ensure_future(watch())
    await asyncio.sleep(3)
    assert setting.feed.viewers == 1

    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert setting.feed.viewers == 0


async def test_one_viewer_that_leaves_takes_no_frame_from_another(setting):
    async def watch():
        return [frame async for frame in setting.feed.frames()]

    leaving, staying = asyncio.ensure_future(watch()), asyncio.ensure_future(watch())
    await asyncio.sleep(2.5)
    leaving.cancel()
    await asyncio.sleep(3)
    setting.feed.stop()

    assert len(await staying) == 6


async def test_streams_end_when_the_feed_stops(setting):
    stream = setting.feed.frames()
    await anext(stream)
    setting.loop.call_later(0.5, setting.feed.stop)

    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert setting.feed.viewers == 0


async def test_stopped_feed_still_tells_what_it_saw_last(setting):
    setting.feed.stop()
    setting.feed.stop()

    assert json.loads(setting.feed.json())["upstreams"][0]["name"] == "orders"


async def test_stopped_feed_leaves_no_timer_and_starts_again(setting):
    setting.feed.stop()
    assert await setting.points(30) == 0

    setting.feed.start(setting.loop)
    assert await setting.points(2 * IDLE + 0.5) == 2


async def test_rounds_that_take_long_become_rarer(setting):
    setting.work = 0.02  # to look and to write: 4 % of a core if it were each second
    times = []
    frames = setting.feed.frames()
    for _ in range(4):
        told = json.loads(await anext(frames))
        times.append(setting.loop.time())
    await frames.aclose()

    assert [round(b - a, 3) for a, b in itertools.pairwise(times)][1:] == [4.0, 4.0]
    assert told["every"] == 4.0


async def test_asking_often_is_not_looking_often_where_a_look_takes_long(setting):
    setting.work = 0.02
    answers = []
    for _ in range(8):
        answers.append(setting.feed.json())
        await asyncio.sleep(1.0)

    assert len({id(answer) for answer in answers}) <= 4
