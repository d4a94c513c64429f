"""Answers from a grammar, whole and spoiled, against both transports over real sockets, for a while.

``make fuzz SECONDS=600 SEED=1`` runs longer, and again from a seed. What must hold after every answer:

1. it ends in a response or in one of four causes, and in time; a well-formed one in what it says;
2. the next call over the same pool gets the answer to itself;
3. in the end no slot, no byte and no socket is held.
"""

import asyncio
import os
import random
import time

import pytest
import uvloop

from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Request, Response
from tests.support.grammar import damaged, in_pieces, well_formed
from tests.support.servers import Peer, answer, open_files, scripted
from tests.support.transports import KINDS, a_call, client

SECONDS = float(os.environ.get("FUZZ_SECONDS") or 5)
SEED = os.environ.get("FUZZ_SEED") or str(random.SystemRandom().randrange(2**32))
ALLOWED = {Cause.UNREADABLE, Cause.INCOMPLETE, Cause.TOO_LARGE, Cause.TIMEOUT}
TIMEOUT = 0.05
LANES = 8


class Lane:
    """One server, one pool, one case after the other; every case can be drawn again from its name."""

    def __init__(self, kind: str, number: int) -> None:
        self.kind = kind
        self.name = f"{SEED}-{kind}-{number}"
        self.count = 0
        self.all_sent = asyncio.Event()

    def draw(self) -> None:
        self.count += 1
        r = random.Random(f"{self.name}-{self.count}")
        self.drawn = well_formed(r) if r.random() < 0.3 else None
        data = self.drawn.data if self.drawn else damaged(r)
        self.pieces = in_pieces(r, data)
        self.end = r.choice(["keep", "keep", "keep", "close", "reset"])
        if self.drawn is not None:
            self.end = "close" if self.drawn.closes else "keep"
        self.streamed = self.kind == "h1" and r.random() < 0.4
        self.all_sent.clear()

    async def serve(self, peer: Peer) -> None:
        while True:
            request = await peer.request()
            target = request.split(b" ", 2)[1]
            if target != b"/case":
                await peer.send(answer(target))
                continue
            try:
                await peer.send(*self.pieces)
            except RuntimeError:
                return  # uvloop: the gateway hung up
            finally:
                self.all_sent.set()
            if self.end == "reset":
                peer.reset()
            if self.end != "keep":
                return

    async def case(self, it) -> None:
        self.draw()
        story = f"FUZZ_SEED={SEED}, case {self.name}-{self.count}: {self.pieces!r:.3000}, then {self.end}"
        start = time.monotonic()
        within = TIMEOUT if self.drawn is None else 5.0  # a well-formed answer is never late
        got = await (streamed if self.streamed else whole)(it, within)
        assert time.monotonic() - start < within + 1.0, story
        if isinstance(got, Failure):
            assert got.cause in ALLOWED, (got, story)
        if self.drawn is not None:
            assert isinstance(got, Response), (got, story)
            assert (got.status, got.body) == (self.drawn.status, self.drawn.body), (got, story)
            if self.kind == "h1":
                assert stripped(got.headers) == stripped(self.drawn.headers), (got.headers, story)
        await asyncio.wait_for(self.all_sent.wait(), 1)
        await asyncio.sleep(
            0.002
        )  # until all of it has arrived: what follows an answer later looks like the next
        target = b"/check/%d" % self.count
        check = await it.get(target)
        assert isinstance(check, Response), (check, story)
        assert check.body == target, (check.body, story)

    async def run(self, until: float) -> None:
        async with (
            scripted(self.serve) as server,
            client(self.kind, server.url, limit=1, max_response=200_000) as it,
        ):
            await it.get(b"/first")
            while time.monotonic() < until:
                await self.case(it)


def stripped(headers):
    """Without what may differ: h11 writes names and codings small, and cuts white space off."""
    return [
        (
            name.lower(),
            value.strip(b" \t").lower() if name.lower() == b"transfer-encoding" else value.strip(b" \t"),
        )
        for name, value in headers
    ]


async def whole(it, within):
    call = a_call(timeout=within)
    return await timed(it, call, it.exchange(Request("GET", b"/case"), call=call))


async def streamed(it, within):
    call = a_call(timeout=within)
    begun = await timed(
        it, call, it.transport.stream(Request("GET", b"/case"), b"", call, idle_timeout=within)
    )
    if isinstance(begun, Failure):
        return begun
    pieces = []
    async for piece in begun:
        if isinstance(piece, Failure):
            return piece
        pieces.append(piece)
    return Response(begun.status, begun.headers, b"".join(pieces))


async def timed(it, call, exchange):
    timer = it.timers.of(call.timeout)
    timer.start(call)
    try:
        return await exchange
    finally:
        timer.stop(call)


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_breaks_a_pool(kind):
    async def main():
        loop = asyncio.get_running_loop()
        reported = []
        loop.set_exception_handler(lambda _, context: reported.append(context))
        await Lane(kind, -1).run(0)  # what a loop opens once
        before = open_files()
        lanes = [Lane(kind, number) for number in range(LANES)]
        until = time.monotonic() + SECONDS * 0.4
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(lane.run(until))
        for _ in range(200):
            if open_files() <= before:
                break
            await asyncio.sleep(0.01)
        assert open_files() <= before
        assert not reported, reported
        print(f"FUZZ_SEED={SEED}: {sum(lane.count for lane in lanes)} answers through {kind}")

    uvloop.run(main())


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 60)
def test_both_transports_read_a_well_formed_answer_alike():
    async def serve(peer: Peer) -> None:
        number = int((await peer.request()).split(b" ", 2)[1][1:])
        r = random.Random(f"{SEED}-both-{number}")
        await peer.send(*in_pieces(r, well_formed(r).data))

    async def main():
        until, number = time.monotonic() + SECONDS * 0.2, 0
        async with (
            scripted(serve) as server,
            client("h1", server.url) as one,
            client("httpx", server.url) as two,
        ):
            while time.monotonic() < until:
                number += 1
                a, b = await asyncio.gather(one.get(b"/%d" % number), two.get(b"/%d" % number))
                case = f"FUZZ_SEED={SEED}, case {SEED}-both-{number}"
                assert isinstance(a, Response), (a, case)
                assert isinstance(b, Response), (b, case)
                assert (a.status, a.body) == (b.status, b.body), case
                assert stripped(a.headers) == stripped(b.headers), case
        print(f"FUZZ_SEED={SEED}: {number} answers read alike")

    uvloop.run(main())
