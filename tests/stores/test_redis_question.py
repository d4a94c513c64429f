"""A question of a task: it ends once, with answers or with why there are none."""

import pytest

from gateway.stores.redis_question import Asked, Trouble, UnansweredError


async def test_task_gets_the_answers():
    asked = Asked([("GET", "a")], b"a")
    asked.sending()
    asked.answered([b"1"])
    asked.failed(Trouble.LOST, "too late")

    assert (await asked.future, asked.wanted()) == ([b"1"], False)


async def test_task_hears_why_there_are_none():
    asked = Asked([("GET", "a")], b"a")
    assert asked.wanted()
    asked.failed(Trouble.FULL, "too much to do")
    asked.answered([b"1"])

    with pytest.raises(UnansweredError) as failed:
        await asked.future
    assert failed.value.args == (Trouble.FULL, "too much to do")
