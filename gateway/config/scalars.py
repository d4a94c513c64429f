"""What a plain word of YAML means: the 1.2 core schema, with numbers as in JSON.

``off``, ``yes``, ``012``, ``1_000``, ``0x1f`` and dates are text. Only JSON's own numbers are numbers,
so a value never changes its meaning on the way from the file to an upstream.
"""

from __future__ import annotations

import math
import re
from typing import Any

from gateway.config.faults import Wrong

_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LONGEST_INTEGER = 20
_INTEGERS = range(-(2**63), 2**64)
"""What a JSON encoder can write as an integer without losing digits."""


def resolve(text: str) -> Any:
    """The value of an unquoted scalar: None, bool, int, float or str.

    Raises `Wrong` for numbers that JSON cannot carry faithfully.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        # The length first: int() of thousands of digits is refused by Python itself.
        if len(text) > _LONGEST_INTEGER or int(text) not in _INTEGERS:
            raise Wrong("{it} is too large a number", "put it in quotes to send it as text")
        return int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise Wrong("{it} is too large a number", "put it in quotes to send it as text")
        return number
    return text
