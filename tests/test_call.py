"""A call can be cut at any moment, and layers wrap from the outside in."""

import asyncio

from gateway.call import Call, Trace, stack
from gateway.outcome import Cause, Failure, Success

OUT_OF_TIME = Failure(Cause.OUT_OF_TIME)


def make_call():
    return Call("users", None, deadline=1.0, timeout=0.5, trace=Trace("0" * 32, "00", "r1"))


async def test_cut_ends_the_wait_under_way():
    call = make_call()
    waiting = asyncio.ensure_future(call.wait(asyncio.get_running_loop().create_future()))
    await asyncio.sleep(0)

    call.cut(OUT_OF_TIME)

    assert await waiting is OUT_OF_TIME
    assert call.waiter is None


async def test_cut_between_two_waits_ends_the_next_one_before_it_begins():
    call = make_call()
    call.cut(OUT_OF_TIME)

    assert await call.wait(asyncio.get_running_loop().create_future()) is OUT_OF_TIME


async def test_first_cut_wins():
    call = make_call()
    call.cut(OUT_OF_TIME)
    call.cut(Failure(Cause.TIMEOUT))

    assert call.ended is OUT_OF_TIME


async def test_cut_after_the_answer_changes_nothing():
    call = make_call()
    future = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(call.wait(future))
    await asyncio.sleep(0)
    future.set_result("answer")

    call.cut(OUT_OF_TIME)

    assert await waiting == "answer"


def test_expiry_before_sending_is_unreachable_and_after_it_timeout():
    unsent, sent = make_call(), make_call()
    sent.sent = True

    unsent.expire()
    sent.expire()

    assert unsent.ended.cause is Cause.UNREACHABLE
    assert sent.ended.cause is Cause.TIMEOUT


async def test_first_layer_listed_is_outermost():
    order = []

    def layer(name):
        def wrap(inner):
            async def wrapped(call):
                order.append(name)
                return await inner(call)

            return wrapped

        return wrap

    async def source(call):
        order.append("source")
        return Success(b"1")

    await stack(source, [layer("outer"), layer("inner")])(make_call())

    assert order == ["outer", "inner", "source"]
