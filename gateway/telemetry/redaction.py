"""What must never stand in a log line: the values of secrets, wherever in a text they turn up.

Rules of the file:
1. Known values go first: whatever came from the environment, in any form a text may hold it in. People are
   shown the name, ``${NAME}``, as everywhere.
2. What is not known is told by where it stands: behind a name that says so, in a URL, as a token's own shape.
3. Too much hidden is a line that is harder to read; too little is a leak. In doubt it is hidden.
4. Cut a text only after it was redacted: half a secret is not recognised.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from threading import Lock
from typing import Final
from urllib.parse import quote, quote_plus
from weakref import WeakKeyDictionary

HIDDEN: Final = "[redacted]"

SHORTEST: Final = 6
"""Characters from which on a value is looked for: `on` or `8080` would be found in every second line."""

LONGEST: Final = 32 * 1024
"""Characters of a text that are looked at; what is behind them is dropped."""

_HEADERS: Final = (
    *("authorization", "proxy-authorization", "www-authenticate", "cookie", "set-cookie"),
    *("x-api-key", "x-auth-token", "x-access-token", "x-csrf-token", "x-amz-security-token"),
)
_WORDS: Final = (
    r"token|secret|password|passwd|passphrase|pwd|api[_-]?key|access[_-]?key|private[_-]?key|credential"
    r"|signature|session(?:[_-]?id)?|jwt|sig|bearer"
)
_LONGEST_WORD: Final = 80
_WORDS_KEPT: Final = 1000

_QUOTED: Final = r"""b?"(?:\\.|[^"\\\n])*"?|b?'(?:\\.|[^'\\\n])*'?"""
_HEADER_NAMES: Final = "|".join(_HEADERS)
_NAMED: Final = re.compile(
    # The bounds keep it linear: a client may write what looks like a hundred beginnings.
    rf"""(?ix)
    (?P<header> (?<![\w-])(?:{_HEADER_NAMES})["']?\s?[:=,]{{1,2}}\s* )  (?:{_QUOTED}|[^\n]+)
    | (?P<word>
        (?<![^\W_])(?:[\w.-]{{0,20}})(?:{_WORDS})(?:["']?\s?[:=]{{1,2}}\s?|["'],\s?)
        | [?&](?:key|code|auth|state)=
      )  (?:{_QUOTED}|\[redacted\]|[^\s&;,'"<>)\]}}]+)
    | (?P<scheme> \b(?:bearer|basic|digest|negotiate)[ ]+ )  [\w+/=.~-]{{8,}}
    | (?P<user> \b[a-z][a-z0-9+.-]{{0,30}}:// )
      (?:[^\s/?\#'"]{{0,300}}|[^\s/:@'"]{{0,100}}:[^\s'"]{{0,300}})@
    | \beyJ[\w-]{{8,1000}}\.[\w-]+(?:\.[\w-]*)?
    """
)
_HINTS: Final = (
    *("auth", "cookie", "token", "secret", "passw", "passphrase", "pwd", "key", "credential", "sig"),
    *("session", "jwt", "bearer", "basic", "digest", "negotiate", "state=", "code=", "://", "eyj"),
)
"""Without one of these nothing is found: to look for them costs 1 µs a line, to look properly 50."""

_SENSITIVE: Final = re.compile(rf"(?i).*(?:{_HEADER_NAMES}|{_WORDS})")


@lru_cache(maxsize=1024)
def is_sensitive(name: str) -> bool:
    """Whether what goes by *name* (a header, a query parameter, a fact) is nobody's to read."""
    return _SENSITIVE.fullmatch(name) is not None


def secrets_in(environ: Mapping[str, str]) -> dict[str, str]:
    """What by its name is a secret of this process, whether or not the configuration asks for it."""
    found = {}
    for name, value in environ.items():
        if is_sensitive(name) or name.endswith(("_KEY", "_HEADERS")):
            # OTEL_EXPORTER_OTLP_HEADERS is `name=value,name=value`; forms() looks for lines by themselves.
            found[name] = "\n".join([value, *(pair.partition("=")[2] for pair in value.split(","))])
    return found


class Redaction:
    """Knows the secrets of a process; ``redaction(text)`` is the text without them. Safe from any thread."""

    def __init__(self) -> None:
        self._learnt: WeakKeyDictionary[object, dict[str, str]] = WeakKeyDictionary()
        self._names: dict[str, str] = {}  # by the form they are found in
        self._pattern: re.Pattern[str] | None = None
        self._stale = False
        self._short: dict[str, str] = {}  # words that were redacted before
        self._lock = Lock()

    def learn(self, secrets: Mapping[str, str], owner: object) -> None:
        """Hide these values, by the names they have in the environment, as long as *owner* lives."""
        with self._lock:
            self._learnt[owner] = {form: name for name, value in secrets.items() for form in forms(value)}
            self._stale = True
            self._short = {}

    def word(self, text: str) -> str:
        """The same for what comes again in many lines: routes, steps, causes. Remembers it if it is short."""
        if len(text) > _LONGEST_WORD:
            return self(text)
        words = self._short
        told = words.get(text)
        if told is None:
            if len(words) >= _WORDS_KEPT:
                words.clear()
            told = words[text] = self(text)
        return told

    def _known(self) -> tuple[re.Pattern[str] | None, dict[str, str]]:
        """What is looked for, made when it is first needed."""
        with self._lock:
            if self._stale:
                self._stale = False
                self._names = {form: name for known in self._learnt.values() for form, name in known.items()}
                self._pattern = _any_of(self._names)
            return self._pattern, self._names

    def __call__(self, text: str, also: Iterable[str] = ()) -> str:
        """*text* without secrets, and without the values *also*: those of the request it belongs to."""
        text = text[:LONGEST]
        if also:
            own = _any_of(form for value in also for form in forms(value))
            text = own.sub(HIDDEN, text) if own is not None else text
        pattern, names = self._known()
        if pattern is not None and any(form in text for form in names):
            text = pattern.sub(lambda found: f"${{{names[found[0]]}}}", text)
        lowered = text.lower()
        for hint in _HINTS:
            if hint in lowered:
                return _NAMED.sub(_hidden, text)
        return text


def forms(value: str) -> set[str]:
    """The forms in which *value* may stand in a text: as it is, escaped, quoted, encoded, line by line."""
    found: set[str] = set()
    for part in {value, value.strip(), *value.splitlines()}:
        if len(part) < SHORTEST:
            continue
        raw = part.encode("utf-8", "surrogatepass")
        found |= {part, repr(part)[1:-1], ascii(part)[1:-1], repr(raw)[2:-1], raw.decode("latin-1")}
        found |= {json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1]}
        found |= {quote(raw), quote(raw, safe=""), quote_plus(raw)}
        found.add(b64encode(raw).decode().rstrip("="))
    return found


def _any_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern of these texts, the longest first: one may be the beginning of another."""
    ordered = sorted(set(texts), key=lambda text: (-len(text), text))
    return re.compile("|".join(map(re.escape, ordered))) if ordered else None


def _hidden(found: re.Match[str]) -> str:
    kind = found.lastgroup
    end = "@" if kind == "user" else ""
    return (found[kind] if kind else "") + HIDDEN + end


REDACTION: Final = Redaction()
"""That of this process: log lines are a process's, whatever gateways it holds."""
