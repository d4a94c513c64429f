"""Steps that need no upstream: what they say is in the configuration, in a file or in a Python function."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gateway.config.kinds import ABSENT, Absent
from gateway.config.specs import spec


@spec("a step")
class ValueCall:
    """``value:`` of a step."""

    value: Any | Absent = Field(
        default=ABSENT,
        description="In place of a call: the step's answer. Any JSON value; every text in it is a template.",
    )
