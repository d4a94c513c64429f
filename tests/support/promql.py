"""What a PromQL expression asks for: enough of a reader to hold names and labels against what is exposed."""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<range>\[[^\]\s]+\])
    | (?P<number>\d[\w.]*)
    | (?P<word>[a-zA-Z_:][\w:]*)
    | (?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^<>=(){},])
    )""",
    re.VERBOSE,
)
FUNCTIONS = {
    "absent", "changes", "count", "histogram_quantile", "increase", "max", "max_over_time", "min", "rate",
    "sum", "vector",
}  # fmt: skip
GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
OPERATORS = {"and", "or", "unless", "bool"}
OF_THE_SCRAPE = {"job", "instance"}
"""Labels that Prometheus gives every series."""


@dataclass
class Asked:
    """``selectors`` are metrics with their matchers (label, sign, value); ``labels`` are grouped by."""

    selectors: list = field(default_factory=list)
    labels: set = field(default_factory=set)


def tokens_of(expression):
    """Pairs of kind and text. Raises ``ValueError`` where the expression makes no sense."""
    tokens, at = [], 0
    while at < len(expression.rstrip()):
        match = TOKEN.match(expression, at)
        if match is None:
            raise ValueError(f"what is this? {expression[at:]}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    for opening, closing in ("()", "{}"):
        texts = [text for _, text in tokens]
        if texts.count(opening) != texts.count(closing):
            raise ValueError(f"a {opening} is not closed: {expression}")
    return tokens


def asked_by(expression):
    """What *expression* asks for. Raises ``ValueError`` for what it cannot be."""
    tokens, asked = tokens_of(expression), Asked()
    while tokens:
        kind, text = tokens.pop(0)
        if kind != "word" or text in OPERATORS:
            continue
        following = tokens[0][1] if tokens else ""
        if text in GROUPING:
            asked.labels |= {each for kind, each in _until(tokens, ")") if kind == "word"}
        elif following == "(" or following in GROUPING:
            if text not in FUNCTIONS:
                raise ValueError(f"no function {text}")
        else:
            asked.selectors.append((text, _matchers(tokens) if following == "{" else []))
    return asked


def _until(tokens, closing):
    taken = []
    while tokens[0][1] != closing:
        taken.append(tokens.pop(0))
    tokens.pop(0)
    return taken[1:]


def _matchers(tokens):
    inside = _until(tokens, "}")
    parts = [inside[n : n + 3] for n in range(0, len(inside), 4)]
    if any([kind for kind, _ in part] != ["word", "sign", "string"] for part in parts):
        raise ValueError(f"no matchers: {inside}")
    return [(label, sign, value[1:-1]) for (_, label), (_, sign), (_, value) in parts]


class Exposed:
    """What a scrape found: *series* are pairs of a name and its labels with their values.

    *words* are further values that a label can have.
    """

    def __init__(self, series, words):
        self.labels, self._values = {}, {}
        for name, labels in series:
            self.labels.setdefault(name, set()).update(labels)
            for label, value in labels.items():
                self._values.setdefault((name, label), set(words.get(label, ()))).add(value)

    def faults(self, expression):
        """What *expression* asks for and never gets, in words."""
        asked = asked_by(expression)
        found = [f"no metric {name}" for name, _ in asked.selectors if name not in self.labels]
        if found:
            return found
        for name, matchers in asked.selectors:
            found += [fault for matcher in matchers if (fault := self._fault(name, *matcher))]
        known = OF_THE_SCRAPE.union(*(self.labels[name] for name, _ in asked.selectors))
        return found + [f"no label {label} to group by" for label in asked.labels - known]

    def _fault(self, name, label, sign, value):
        if label in OF_THE_SCRAPE or value.startswith("$"):
            return None if label in self.labels[name] | OF_THE_SCRAPE else f"{name} has no label {label}"
        if label not in self.labels[name]:
            return f"{name} has no label {label}"
        known = self._values[name, label]
        wanted = value.split("|") if sign in ("=~", "!~") else [re.escape(value)]
        for each in wanted:
            if not any(re.fullmatch(each, one) for one in known):
                return f"{label} of {name} is never {each}"
        return None
