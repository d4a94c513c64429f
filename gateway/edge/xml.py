"""A JSON answer as XML, by the mapping that ``sources/encodings/xml.py`` reads back.

    object          an element for each member, in their order     {"a": 1}          <a>1</a>
    "@name"         an attribute, where its value is no container  {"@id": 7}        id="7"
    "#text"         the element's own text                         {"#text": "x"}    x
    array           its elements one after the other, all of the member's name; within arrays: <item>
    null            an empty element; numbers keep their digits; true and false are these words

The whole stands in one element ``answer``. A member whose name XML does not allow is ``<member name="…">``;
characters that XML does not allow become U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr  # nosec - writes only

import msgspec

_decode: Final = msgspec.json.Decoder(float_hook=str).decode
_is_name: Final = re.compile(r"(?!xml)[A-Za-z_][A-Za-z0-9._-]*", re.IGNORECASE).fullmatch
_forbidden: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ROOT: Final = "answer"
ITEM: Final = "item"


def to_xml(body: bytes) -> bytes:
    """*body*, checked JSON, as an XML document in UTF-8."""
    written = "".join(_element(ROOT, _decode(body), items=True))
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written.encode()


def _element(name: str, value: Any, *, items: bool = False) -> Iterator[str]:
    """One element; a list is as many, unless its members are *items* of one."""
    if isinstance(value, list) and not items:
        for inner in value:
            yield from _element(name, inner, items=True)
        return
    tag, attributes = (name, "") if _is_name(name) else ("member", f" name={_attribute(name)}")
    content = []
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "#text" and not isinstance(inner, dict | list):
                content.append(_text(inner))
            elif key.startswith("@") and _is_name(key[1:]) and not isinstance(inner, dict | list):
                attributes += f" {key[1:]}={_attribute(_scalar(inner))}"
            else:
                content += _element(key, inner)
    elif isinstance(value, list):
        for inner in value:
            content += _element(ITEM, inner, items=True)
    else:
        content.append(_text(value))
    inside = "".join(content)
    yield f"<{tag}{attributes}>{inside}</{tag}>" if inside else f"<{tag}{attributes}/>"


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _forbidden.sub("\ufffd", str(value))


def _text(value: Any) -> str:
    return escape(_scalar(value), {"\r": "&#13;"})


def _attribute(text: str) -> str:
    return quoteattr(_forbidden.sub("\ufffd", text), {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})
