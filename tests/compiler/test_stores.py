"""Which store a cache gets, and that all are opened and closed once."""

from gateway.compiler.stores import MEMORY, NEAR, Stores
from gateway.config import load_text
from gateway.layers.circuit import Circuit
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.circuit_state import CircuitState
from gateway.stores.memory import MemoryStore
from gateway.stores.tiered import TieredStore
from gateway.timers import Timers

CONFIG = """
stores:
  local: { memory: 1MiB }
  shared: { redis: "redis://127.0.0.1:1/3", timeout: 3ms }
upstreams: { u: { url: http://127.0.0.1:9101 } }
routes:
  GET /x: { steps: { a: { get: u } } }
"""


def stores():
    return Stores(load_text(CONFIG, {}).config.stores, Timers(), lambda: 0.0, lambda: 0.5)


def test_caches_that_name_no_store_share_a_memory():
    made = stores()

    assert isinstance(made.of(None), MemoryStore)
    assert made.of(None) is made.of(None)
    assert made.of(None).limit == MEMORY


def test_store_is_made_as_it_is_described():
    made = stores()

    assert made.of("local").limit == 2**20
    assert made.of("shared") is made.of("shared")
    [(name, redis)] = made.remote()
    assert (name, redis._settings.timeout) == ("shared", 0.003)


def test_redis_has_memory_before_it():
    made = stores()

    assert isinstance(made.of("shared"), TieredStore)
    assert [(name, memory.limit) for name, memory in made.memories()] == [("shared", NEAR)]


def test_store_that_nobody_uses_is_never_made():
    made = stores()
    made.of("local")

    assert [name for name, _ in made.memories()] == ["local"]
    assert list(made.remote()) == []


async def test_store_that_cannot_be_reached_holds_nobody_up():
    made = stores()
    made.of("shared")
    made.of(None)

    await made.open()
    assert await made.of("shared").get(b"k" * 32) is None
    await made.close()


async def test_circuits_are_shared_under_their_upstream_and_address():
    made = stores()
    for number in (1, 2):
        circuit = Circuit(f"users {number}", CircuitRules(), lambda: 0.5, made.notice)
        made.share("shared", circuit, "users", f"http://127.0.0.1:{number}")

    [(board, circuits)] = made._boards.values()
    assert len(circuits.topics) == 2
    assert all(topic.startswith("users:") for topic in circuits.topics)
    assert sorted(name for name, _ in made.hints()) == ["users 1", "users 2"]
    circuit.force(CircuitState.DISABLED, 0.0)
    assert not board.counts.posted
