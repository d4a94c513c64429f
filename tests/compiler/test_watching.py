"""Every metric is exposed by a gateway that has everything, and says what is so now."""

from importlib.metadata import version

from gateway.buffered import Buffered
from gateway.compiler.stores import Stores
from gateway.compiler.watching import COMMON, watch_admission, watch_common, watch_compiled
from gateway.config import load_text
from gateway.edge.admission import Admission, Priority
from gateway.layers.circuit_state import CircuitState
from gateway.layers.stand_ins import StandIns
from gateway.telemetry.collector import for_library
from gateway.telemetry.watched import Watched
from tests.support.compiled import compiled, shared

CONFIG = """
stores: { far: { redis: "redis://127.0.0.1:1" } }
upstreams:
  one:
    url: http://a.example
    hedge: on
    bulkhead: { slots: adaptive }
    warm: on
    breaker: { share: far }
  many: { urls: ["http://b.example", "http://c.example"] }
routes:
  GET /x:
    steps:
      a: { get: one, coalesce: on, cache: { ttl: 1s } }
      b: { get: many, cache: { ttl: 1s, store: far } }
"""
ROUTE = "GET /x"


class Seen:
    """A compiled gateway, and its metrics by name and labels."""

    def __init__(self):
        self.watched = Watched()
        common = shared()
        config = load_text(CONFIG, {}).config
        self.stores = Stores(config.stores, common.timers, common.clock, lambda: 0.5)
        self.made = compiled(CONFIG, stores=self.stores)
        self.admission = Admission(10)
        self.stand_ins = StandIns()
        watch_common(self.watched, Buffered(100), [1, 2], self.stand_ins)
        watch_compiled(self.watched, self.made, self.stores, lambda: 0.0)
        watch_admission(self.watched, self.admission)

    def __getitem__(self, key):
        return self.all()[key]

    def all(self):
        return {
            (sample.name, *sample.labels.values()): sample.value
            for metric in for_library(self.watched.collect())
            for sample in metric.samples
        }


def test_extra_attempts_and_what_is_left_of_the_budget_are_told():
    seen = Seen()
    budget = seen.made.upstreams["one"].budget
    budget.retries.sent, budget.hedges.won = 3, 2

    assert seen["gateway_extra_attempts_total", "one", "retry", "sent"] == 3
    assert seen["gateway_extra_attempts_total", "one", "hedge", "won"] == 2
    assert seen["gateway_extra_attempts_total", "many", "hedge", "withheld"] == 0
    assert seen["gateway_budget_tokens", "one"] == 1.0


def test_addresses_are_told_one_by_one_and_their_upstream_as_a_whole():
    seen = Seen()
    first = seen.made.upstreams["many"].addresses[0]
    first.breaker.circuit.force(CircuitState.FORCED_OPEN, 0.0)
    first.bulkhead.take()

    assert seen["gateway_address_state", "many", "http://b.example", "forced_open"] == 1
    assert seen["gateway_address_state", "many", "http://c.example", "closed"] == 1
    assert seen["gateway_address_weight", "many", "http://b.example"] == 0
    assert seen["gateway_breaker_state", "many", "closed"] == 1
    assert seen["gateway_bulkhead_slots", "many"] == 2000
    assert seen["gateway_bulkhead_in_use", "many"] == 1
    assert seen["gateway_pool_limit", "many"] == 2000
    assert not [key for key in seen.all() if key[:2] == ("gateway_address_state", "one")]


def test_look_ups_are_told_by_step_and_result():
    seen = Seen()
    seen.made.routes[ROUTE].facts[0].copies.hits = 5

    assert seen["gateway_cache_lookups_total", ROUTE, "a", "hit"] == 5
    assert seen["gateway_cache_lookups_total", ROUTE, "a", "stood_in"] == 0
    assert seen["gateway_cache_kept_total", ROUTE, "b"] == 0


def test_shared_calls_are_told():
    seen = Seen()
    flights = seen.made.commons.flights
    flights.begin(b"i")
    flights.under_way(b"i")

    assert seen["gateway_flights",] == 1
    assert seen["gateway_flights_begun_total",] == 1
    assert seen["gateway_flights_joined_total",] == 1


def test_what_adaptive_slots_found_out_is_told_by_address():
    seen = Seen()
    gradient = seen.made.upstreams["one"].addresses[0].gradient
    gradient.slots, gradient.unloaded = 17, 0.02

    assert seen["gateway_bulkhead_adaptive_slots", "one", "http://a.example"] == 17
    assert seen["gateway_bulkhead_unloaded_seconds", "one", "http://a.example"] == 0.02


async def test_stores_are_told_by_their_names():
    seen = Seen()
    await seen.stores.of("far").get(b"k" * 32)

    assert seen["gateway_store_bytes", COMMON] == 0
    assert seen["gateway_store_limit_bytes", "far"] == 16 * 2**20
    assert seen["gateway_store_reads_total", "far", "skipped"] == 1
    assert seen["gateway_store_links", "far"] == 0
    assert seen["gateway_store_refusing", "far"] == 0
    assert seen["gateway_store_too_large_total", COMMON] == 0
    assert seen["gateway_hint_board_total", "far", "lost"] == 0
    assert seen["gateway_breaker_hints_total", "one", "told"] == 0


def test_what_there_is_one_of_is_told():
    seen = Seen()
    seen.stand_ins.allowed = False

    assert seen["gateway_stand_ins_allowed",] == 0
    assert seen["gateway_background_calls",] == 2
    assert seen["gateway_buffered_limit_bytes",] == 100
    assert seen["gateway_build_info", version("fanin-gateway")] == 1


def test_requests_that_were_turned_away_are_told_by_priority():
    seen = Seen()
    for _ in range(9):
        seen.admission.enter(Priority.SHEDDABLE)

    assert seen["gateway_admission_in_flight",] == 8
    assert seen["gateway_admission_limit",] == 10
    assert seen["gateway_admission_refused_total", "sheddable"] == 1
