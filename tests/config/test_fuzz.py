"""Whatever a file holds, loading it gives a configuration or faults with places; never anything else."""

import random

import pytest

from gateway.config import ConfigError, load_text
from tests.config.sample import ROOT

EXAMPLE = (ROOT / "config/every-key.yaml").read_text()
ALPHABET = "{}[]?&*!|>'\"%@`:,-#$~ \n\t0aé\0\x85"
VALUES = (
    "", "off", "on", "null", "~", "true", "5", "-1", "0.5", "1e999", "300", "5s", "[]", "{}", "[a]",
    "{ a: b }", '""', '"{x}"', "{x}", "${HOME}", '"${NOT_SET}"', '"${A:-[1]}"', "*careful", "&careful 1",
    "!!int 5", "- a", "GET /x", "http://a", "users/x?y", '"users/{a}?{b}={c}&"', '"\\0"', "'", "|",
    "9" * 30, "ä", "<<", "[[[[1]]]]",
)  # fmt: skip


def _a_character_changed(text, chance):
    at = chance.randrange(len(text))
    return text[:at] + chance.choice(("", chance.choice(ALPHABET))) + text[at + chance.randrange(2) :]


def _a_value_changed(text, chance):
    lines = text.split("\n")
    at = chance.choice([i for i, line in enumerate(lines) if ":" in line])
    lines[at] = lines[at].partition(":")[0] + ": " + chance.choice(VALUES)
    return "\n".join(lines)


def _a_line_moved(text, chance):
    lines = text.split("\n")
    line = lines.pop(chance.randrange(len(lines)))
    indented = chance.choice(("", "  ", "    ")) + line.lstrip(chance.choice((" ", "")))
    for _ in range(chance.randrange(3)):
        lines.insert(chance.randrange(len(lines)), indented)
    return "\n".join(lines)


def _a_flow_value_changed(text, chance):
    at = chance.choice([i for i, character in enumerate(text) if character in "{[,:"])
    return text[: at + 1] + " " + chance.choice(VALUES) + text[at + chance.randrange(1, 8) :]


CHANGES = (_a_character_changed, _a_value_changed, _a_line_moved, _a_flow_value_changed)


@pytest.mark.parametrize("seed", range(300))
def test_damaged_configuration_loads_or_is_a_config_error(seed):
    chance = random.Random(seed)
    text = EXAMPLE
    for _ in range(chance.randint(1, 5)):
        text = chance.choice(CHANGES)(text, chance)
    try:
        load_text(text, {"HOME": "/root", "A": "{x}"})
    except ConfigError as error:
        assert error.faults, f"seed {seed}"
        for fault in error.faults:
            assert str(fault).startswith("gateway.yaml:"), f"seed {seed}"
            assert "{it}" not in str(fault), f"seed {seed}"
            assert "Input should" not in fault.message, f"seed {seed}: {fault}"
