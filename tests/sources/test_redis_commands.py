"""THE table: what is in it reads, or says that it writes, as a real server says; what is not has a reason."""

import pytest
import redis

from gateway.sources.redis_answers import Shape
from gateway.sources.redis_commands import COMMANDS, refusal, undeclared
from tests.support.valkey import valkey

MODULES = {name for name in COMMANDS if name.startswith("JSON.")}
"""Of modules that the server of the tests does not have; their own documents call all of these read-only."""


@pytest.fixture(scope="module")
def told():
    """What a real server says of its commands, by name in capitals."""
    with valkey() as server, redis.Redis(port=server.port) as client:
        commands = client.execute_command("COMMAND")
    return {name.upper(): info for name, info in commands.items()}


def test_no_command_of_the_table_waits_and_only_those_that_say_so_write(told):
    for name in COMMANDS.keys() - MODULES:
        flags = set(map(str, told[name]["flags"]))
        assert not flags & {"blocking", "admin"}, name
        assert ("readonly" in flags) is not COMMANDS[name].writes, name
        assert COMMANDS[name].writes or not flags & {"write", "pubsub"}, name


def test_every_command_of_the_table_takes_as_many_arguments_as_the_server_wants(told):
    for name in COMMANDS.keys() - MODULES:
        command, arity = COMMANDS[name], told[name]["arity"]
        assert command.least == abs(arity) - 1, name
        assert (command.most is None) is (arity < 0), name


def test_every_key_is_where_the_server_finds_it(told):
    for name in COMMANDS.keys() - MODULES - {"PUBLISH"}:  # a channel is no key, and any server will do
        first = told[name]["first_key_pos"]
        assert ("numkeys" in COMMANDS[name].usage.split()) is (first != 1), name


def test_every_command_of_the_server_is_in_the_table_or_has_a_reason(told):
    unknown = {name for name in told if name not in COMMANDS and refusal(name) is None}

    assert {name for name in unknown if "readonly" in map(str, told[name]["flags"])} <= {
        "LCS",
        "GEORADIUS_RO",
        "GEORADIUSBYMEMBER_RO",
        "HEXPIRETIME",
        "HPEXPIRETIME",
        "HTTL",
        "HPTTL",
    }
    assert {name for name in unknown if "write" in map(str, told[name]["flags"])} == set()


@pytest.mark.parametrize(
    ("name", "reason", "instead"),
    [
        ("FLUSHALL", "changes data in a way that no step may", ""),
        ("SORT", "changes data in a way that no step may", "`SORT_RO` only reads"),
        ("BLPOP", "waits in the server", ""),
        ("SELECT", "changes the connection", ""),
        ("KEYS", "walks over the whole database", ""),
        ("SHUTDOWN", "is for those who run the server", ""),
    ],
)
def test_what_is_not_asked_has_a_reason(name, reason, instead):
    message, hint = refusal(name)

    assert message.startswith(f"`{name}` {reason}")
    assert hint == instead


def test_what_writes_wants_to_be_declared():
    assert undeclared(COMMANDS["SET"]) == (
        "`SET` changes data, and steps only read unless they say so",
        "say write: true",
    )
    assert undeclared(COMMANDS["EVALSHA"])[1] == "say write: true, or EVALSHA_RO"


def test_of_what_nobody_knows_there_is_no_reason():
    assert refusal("GOT") is None


@pytest.mark.parametrize(
    ("name", "arguments", "key"),
    [
        ("GET", [b"k"], b"k"),
        ("MGET", [b"k", b"l"], b"k"),
        ("EVALSHA_RO", [b"sha", b"1", b"k", b"arg"], b"k"),
        ("EVALSHA_RO", [b"sha", b"0", b"arg"], None),
        ("EVALSHA_RO", [b"sha", b"1"], None),
        ("ZUNION", [b"2", b"k", b"l"], b"k"),
    ],
)
def test_key_is_what_a_cluster_finds_the_server_by(name, arguments, key):
    assert COMMANDS[name].key_of(arguments) == key


def test_option_that_stands_in_the_command_changes_the_shape():
    command = COMMANDS["ZRANGE"]

    assert command.shape_of([b"k", b"0", b"9", b"withscores"]) is Shape.SCORED
    assert command.shape_of([b"k", None, None]) is Shape.ANY
    assert COMMANDS["GET"].shape_of([b"WITHSCORES"]) is Shape.ANY
