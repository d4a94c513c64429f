"""XML as JSON, without entities, document types or anything from elsewhere.

    <a/>  <a></a>            {"a": null}
    <a>x</a>                 {"a": "x"}                      text stays text: XML knows no numbers
    <a id="7">x</a>          {"a": {"@id": "7", "#text": "x"}}
    <a><b/><b/><c/></a>      {"a": {"b": [null, null], "c": null}}

White space around text is cut off. Prefixes of namespaces are left out, comments and instructions too.
"""

from __future__ import annotations

from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gateway.outcome import Cause, Failure
from gateway.sources.bodies import MAX_DEPTH

_TOO_DEEP: Final = Failure(Cause.UNREADABLE, f"nested more than {MAX_DEPTH} levels deep")


class _TooDeepError(Exception):
    pass


def decode_xml(body: bytes, content_type: bytes | None) -> Any:
    """The value of *body*, or the ``Failure`` that it is. A document says its charset itself."""
    del content_type
    try:
        root = fromstring(body, forbid_dtd=True)
        return {_name(root.tag): _value(root, 1)}
    except ParseError as error:
        line, column = error.position
        return Failure(Cause.UNREADABLE, f"not XML, at line {line}, column {column}")
    except (DefusedXmlException, LookupError, ValueError):
        return Failure(Cause.UNREADABLE, "XML with a document type, or in a charset that is not known here")
    except _TooDeepError:
        return _TOO_DEEP


def _value(element: Element, depth: int) -> Any:
    if depth >= MAX_DEPTH:
        raise _TooDeepError
    members: dict[str, Any] = {f"@{_name(name)}": value for name, value in element.attrib.items()}
    several: set[str] = set()
    texts = [element.text or ""]
    for child in element:
        texts.append(child.tail or "")
        name, value = _name(child.tag), _value(child, depth + 1)
        if name not in members:
            members[name] = value
        elif name in several:
            members[name].append(value)
        else:
            members[name] = [members[name], value]
            several.add(name)
    text = "".join(texts).strip()
    if not members:
        return text or None
    return {**members, "#text": text} if text else members


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]
