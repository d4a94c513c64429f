"""Several machines behind one upstream, each with its own circuit and slots, in virtual time."""

import asyncio
from collections import Counter
from dataclasses import replace
from random import Random

from gateway.call import stack
from gateway.layers.address import Address
from gateway.layers.balance import Balance, balancing
from gateway.layers.breaker import Breaker, breaking, refusing_while_open
from gateway.layers.bulkhead import Bulkhead, limiting
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.timeout import timing_out
from gateway.outcome import Cause, Failure, Success
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.sources import After, Hang, ScriptedSource

RULES = CircuitRules(jitter=0.0, timeout=0.5)
"""The defaults, but without chance."""

DEAD = Failure(Cause.UNREACHABLE, "connection refused")


class Machine(ScriptedSource):
    """Answers after *takes* seconds, or as ``dies`` and ``hangs`` and ``fails`` say from then on."""

    def __init__(self, random, takes=0.02) -> None:
        super().__init__()
        self._random = random
        self.takes = takes
        self.down = None
        self.failing = 0.0
        self.hits = 0

    def dies(self):
        self.down = DEAD

    def hangs(self):
        self.down = Hang()

    def recovers(self):
        self.down = None
        self.failing = 0.0

    async def __call__(self, call):
        self.hits += 1
        if self.down is not None:
            return await self._perform(call, self.down)
        failed = self._random() < self.failing
        return await self._perform(
            call, After(self.takes, Failure(Cause.FAILED, status=500) if failed else None)
        )


class Fleet:
    """*count* machines called through ``balancing``; every test's random numbers are the same each time."""

    def __init__(self, count=3, *, seed=1, slots=1000, policy=Balance, rules=RULES, **options) -> None:
        loop = asyncio.get_running_loop()
        self.clock = loop.time
        self.timers = Timers(loop)
        self.random = Random(seed).random
        self.machines = [Machine(self.random) for _ in range(count)]
        self.breakers = [
            Breaker(name=str(n), rules=replace(rules), clock=self.clock, random=self.random)
            for n in range(count)
        ]
        self.bulkheads = [Bulkhead(slots, 10, 0.1, str(n)) for n in range(count)]
        self.balance = policy([self._address(n) for n in range(count)], self.random, **options)
        self.source = balancing(self.balance, self.clock)

    def _address(self, number):
        breaker, bulkhead = self.breakers[number], self.bulkheads[number]
        layers = [
            refusing_while_open(breaker, self.clock),
            limiting(bulkhead, self.timers),
            breaking(breaker, self.clock),
            timing_out(self.timers),
        ]
        source = stack(self.machines[number], layers)
        return Address(f"10.0.0.{number}", source, breaker.circuit, bulkhead)

    @property
    def hits(self):
        return [machine.hits for machine in self.machines]

    @property
    def now(self):
        return self.clock()

    def pick(self, tried=0):
        """The place of the address that a call would go to now; ``None``: all refuse."""
        address = self.balance.pick(self.now, tried)
        return None if address is None else address.place

    def picks(self, count=1000, tried=0):
        """How often each place is picked while nothing else happens."""
        return Counter(self.pick(tried) for _ in range(count))

    def trip(self, *numbers):
        """Open the circuits of these machines."""
        for number in numbers:
            circuit = self.breakers[number].circuit
            for _ in range(circuit.rules.consecutive):
                circuit.failed(circuit.acquire(self.now), self.now, 0.01)

    async def call(self, call=None):
        return await self.source(call or make_call())

    async def traffic(self, rate, seconds):
        """*rate* calls a second for so long, whatever becomes of them; outcomes, and hits by machine."""
        before = self.hits
        tasks = []
        for _ in range(int(rate * seconds)):
            tasks.append(asyncio.ensure_future(self.call()))
            await asyncio.sleep(2 * self.random() / rate)
        outcomes = [await task for task in tasks]
        return outcomes, [now - then for now, then in zip(self.hits, before, strict=True)]


def failed(outcomes):
    return [outcome for outcome in outcomes if not isinstance(outcome, Success)]
