"""Which of a client's headers an imported route passes on."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

from gateway.transport.escaping import is_token

if TYPE_CHECKING:
    from gateway.importing.foreign import At
    from gateway.importing.report import Report

COMMON: Final = ("authorization", "cookie", "accept-language", "user-agent")
"""What ``*`` stands for here, where a header is passed on only if it is named."""


def passed_headers(at: At, names: Iterable[str], own: AbstractSet[str], report: Report) -> list[str]:
    """The headers among *names*, in lower case and each once; *own* are set by the gateway itself."""
    passed: list[str] = []
    for name in (each.lower() for each in names):
        if name == "*":
            common = [each for each in COMMON if each not in own]
            report.changed(at, f"`*`: {', '.join(common)} are passed on, others only if they are named")
            passed += common
        elif not is_token(name):
            report.lost(at, f"`{name}` is no header's name")
        elif name in own:
            report.changed(at, f"`{name}` is not passed on: the gateway sends its own, or none")
        else:
            passed.append(name)
    return list(dict.fromkeys(passed))
