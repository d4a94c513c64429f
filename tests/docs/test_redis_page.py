"""The page about Redis: its example is sound, its tables are those of the code."""

import re

from gateway.sources.redis import CAUSES
from gateway.sources.redis_commands import COMMANDS, refusal
from gateway.stores.redis_address import parse_address
from tests.support.compiled import compiled
from tests.support.processes import ROOT

PAGE = (ROOT / "docs/sources/redis.md").read_text()


def section(title):
    """The text below a heading."""
    return re.split(r"^## ", PAGE.partition(f"## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text):
    """The cells of the lines of tables."""
    lines = [line for line in text.splitlines() if line[:1] == "|"]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_example_is_a_sound_configuration():
    example, _ = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    assert [step.name for step in compiled(example).routes["GET /me"].plan.steps] == [
        "session",
        "orders",
        "profile",
        "best",
    ]


def test_every_word_of_the_server_stands_beside_its_cause():
    told = {
        word: cause
        for what, cause in rows(section("What becomes which cause"))
        for word in re.findall("`(.*?)`", what)
    }
    of_connections = {"WRONGPASS", "NOAUTH", "max_buffered", "max_response", "values"}

    assert {word: cause for word, cause in told.items() if word not in of_connections} == {
        word: str(cause) for word, cause in CAUSES.items() if word not in of_connections
    }


def test_every_command_that_is_named_can_be_asked_and_the_others_cannot():
    table, rest = section("The command").split("Missing is", 1)
    named = {words.split()[0] for what, _ in rows(table)[2:] for words in re.findall("`(.*?)`", what)}
    refused = re.findall(r"`([A-Z]+)`", rest.partition("are faults")[0])
    writes = re.findall(r"`([A-Z]+)`", rest.partition("```\n\n")[2].partition("and their like")[0])

    assert named <= COMMANDS.keys()
    assert all(refusal(name) for name in refused)
    assert writes
    assert all(COMMANDS[name].writes for name in writes)


def test_every_url_is_one():
    for url, _ in rows(section("The upstream"))[2:]:
        parse_address(url.strip("`"))
