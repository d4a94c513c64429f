"""Credentials are found off the loop, once for all who wait, and renewed ahead of their end."""

import asyncio
import logging

import pytest

from gateway.outcome import Cause, Failure
from gateway.telemetry.redaction import REDACTION
from gateway.transport.credential_store import AGAIN, EVERY, FORCED, CredentialStore, in_a_thread
from gateway.transport.credentials import Credentials
from tests.support.lambdas import Finding, store_of
from tests.support.transports import a_call
from tests.support.virtual_time import run_virtually

FIRST = Credentials("AKIAFIRST00000000001", "first-secret-of-the-test", "first-token-of-the-test", "a file")
SECOND = Credentials("AKIASECOND0000000002", "second-secret-of-the-test", "", "a file")


class Apart:
    """Looks that end when the test says so."""

    def __init__(self):
        self.begun = []

    def __call__(self, look, told):
        self.begun.append((look, told))

    def land(self):
        look, told = self.begun.pop(0)
        told(look())


async def opened(store):
    await store.open(0.0)
    return store


async def test_credentials_are_there_once_it_is_open():
    store = store_of(FIRST)
    await store.open(1.0)

    assert store.ready is FIRST
    assert await store.obtained(a_call()) is FIRST
    store.close()


async def test_calls_that_come_first_wait_for_one_look_together():
    apart, finding = Apart(), Finding(FIRST)
    store = await opened(CredentialStore(finding, lambda: 0.0, apart))
    waiting = [asyncio.create_task(store.obtained(a_call())) for _ in range(50)]
    await asyncio.sleep(0)
    assert len(apart.begun) == 1

    apart.land()

    assert await asyncio.gather(*waiting) == [FIRST] * 50
    assert finding.looks == [False]
    store.close()


async def test_a_call_that_is_cut_waits_no_longer():
    store = await opened(CredentialStore(Finding(FIRST), lambda: 0.0, Apart()))
    call = a_call()
    waiting = asyncio.create_task(store.obtained(call))
    await asyncio.sleep(0)

    call.cut(Failure(Cause.OUT_OF_TIME))

    assert (await waiting).cause is Cause.OUT_OF_TIME
    store.close()


async def test_a_slow_look_holds_up_neither_the_loop_nor_the_start():
    class Slow:
        lasting = False

        def __call__(self, *, anew):
            import time

            time.sleep(0.15)
            return FIRST

    store = CredentialStore(Slow(), asyncio.get_running_loop().time, in_a_thread)
    turns = 0

    async def turning():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.005)

    beside = asyncio.create_task(turning())
    await store.open(0.02)
    assert store.ready is None
    assert await store.obtained(a_call()) is FIRST
    beside.cancel()
    assert turns > 10
    store.close()


def test_credentials_are_renewed_ahead_and_the_same_object_stays_while_they_are_the_same():
    async def scenario():
        same = Credentials(FIRST.access_key, FIRST.secret_key, FIRST.token)
        finding = Finding(FIRST, same, SECOND)
        store = CredentialStore(finding, _time(), _at_once)
        await store.open(1.0)
        await asyncio.sleep(EVERY + 1)
        assert store.ready is FIRST
        assert store.renewals == 0
        await asyncio.sleep(EVERY)
        assert store.ready is SECOND
        assert store.renewals == 1
        store.close()
        await asyncio.sleep(10 * EVERY)
        assert len(finding.looks) == 3

    run_virtually(scenario)


def test_a_failed_look_takes_nothing_away_and_is_told_once(caplog):
    caplog.set_level(logging.INFO)

    async def scenario():
        finding = Finding(FIRST, "the metadata service is away", TypeError("odd"), SECOND)
        store = CredentialStore(finding, _time(), _at_once)
        await store.open(1.0)
        await asyncio.sleep(EVERY + AGAIN / 2)
        assert store.ready is FIRST
        assert store.problem == "the metadata service is away"
        await asyncio.sleep(AGAIN)
        assert store.problem == "TypeError: odd"
        await asyncio.sleep(2 * AGAIN)
        assert (store.ready, store.problem) == (SECOND, "")
        store.close()

    run_virtually(scenario)

    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "the metadata service is away; the last ones stay in use" in told[0]
    assert "…0002 found in a file" in told[1]


async def test_without_any_a_call_fails_at_once_and_is_told_why():
    store = store_of("nothing was found", FIRST)
    await store.open(1.0)

    failure = await store.obtained(a_call())

    assert (failure.cause, failure.detail) == (Cause.UNREACHABLE, "no AWS credentials: nothing was found")
    store.close()


async def test_refused_credentials_are_looked_for_anew_once_for_all_calls():
    apart, finding = Apart(), Finding(FIRST, SECOND)
    store = await opened(CredentialStore(finding, lambda: 100.0, apart))
    apart.land()

    assert [store.doubt(FIRST) for _ in range(10)] == [True] * 10
    assert store.ready is None
    waiting = [asyncio.create_task(store.obtained(a_call())) for _ in range(10)]
    await asyncio.sleep(0)
    apart.land()

    assert await asyncio.gather(*waiting) == [SECOND] * 10
    assert finding.looks == [False, True]
    store.close()


async def test_a_call_refused_with_what_is_not_in_use_any_more_need_not_look():
    store = store_of(FIRST)
    await store.open(1.0)

    assert store.doubt(SECOND)
    assert store.ready is FIRST
    store.close()


async def test_credentials_that_are_just_wrong_are_not_looked_for_by_every_call():
    now = [100.0]
    finding = Finding(FIRST)
    store = CredentialStore(finding, lambda: now[0], _at_once)
    await store.open(1.0)

    assert [store.doubt(FIRST), store.doubt(FIRST)] == [True, False]
    now[0] += FORCED
    assert store.doubt(FIRST)
    assert finding.looks == [False, True, True]
    store.close()


async def test_credentials_that_cannot_change_are_not_looked_for_again():
    store = store_of(FIRST, lasting=True)
    await store.open(1.0)

    assert not store.doubt(FIRST)
    assert store.ready is FIRST
    store.close()


async def test_what_is_in_use_is_in_no_log_line():
    store = store_of(FIRST)
    await store.open(1.0)

    told = REDACTION(f"secret {FIRST.secret_key} and token {FIRST.token}")

    assert FIRST.secret_key not in told
    assert FIRST.token not in told
    assert FIRST.secret_key not in repr(store)
    store.close()


@pytest.mark.parametrize("owners", [1, 3])
async def test_a_store_looks_until_its_last_owner_closes_it(owners):
    store = store_of(FIRST)
    for _ in range(owners):
        await store.open(1.0)
    for _ in range(owners):
        assert store._timer is not None
        store.close()
    assert store._timer is None


def test_a_store_can_be_opened_on_another_loop_whatever_was_under_way():
    finding = Finding(FIRST, SECOND)
    apart = Apart()
    store = CredentialStore(finding, lambda: 0.0, apart)

    async def first():
        await store.open(0.0)
        store.close()

    async def second():
        await store.open(0.0)
        apart.begun.pop(0)  # nobody hears of the first look any more
        apart.land()
        assert store.ready is FIRST
        assert store._timer is not None
        store.close()

    async def third():
        await store.open(0.0)
        apart.land()
        assert store.ready is SECOND
        store.close()

    for scenario in (first, second, third):
        run_virtually(scenario)


def _at_once(look, told):
    told(look())


def _time():
    return asyncio.get_running_loop().time
