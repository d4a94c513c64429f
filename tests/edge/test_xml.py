import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.xml import to_xml

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def body_of(document):
    head, _, body = to_xml(document.encode()).decode().partition("\n")
    assert head == '<?xml version="1.0" encoding="UTF-8"?>'
    return body


@pytest.mark.parametrize(
    ("document", "written"),
    [
        ("null", "<answer/>"),
        ("1.50", "<answer>1.50</answer>"),
        ('{"a": true, "b": null, "c": "<&>"}', "<answer><a>true</a><b/><c>&lt;&amp;&gt;</c></answer>"),
        ('{"a": [1, "", [2, 3]]}', "<answer><a>1</a><a/><a><item>2</item><item>3</item></a></answer>"),
        ("[1, {}]", "<answer><item>1</item><item/></answer>"),
        ('{"a": []}', "<answer/>"),
        ('{"u": {"@id": 7, "#text": "x", "n": 1e400}}', '<answer><u id="7">x<n>1e400</n></u></answer>'),
        ('{"a b": 1}', '<answer><member name="a b">1</member></answer>'),
        ('{"xmlx": 2}', '<answer><member name="xmlx">2</member></answer>'),
        ('{"a": "\\u0000\\u000b"}', "<answer><a>\ufffd\ufffd</a></answer>"),
        ('{"@a": [1]}', '<answer><member name="@a">1</member></answer>'),
        ("12345678901234567890123", "<answer>12345678901234567890123</answer>"),
    ],
)
def test_mapping_is_as_documented(document, written):
    assert body_of(document) == written


@given(VALUES)
def test_whatever_the_answer_is_it_is_well_formed(value):
    assert ET.fromstring(to_xml(json.dumps(value).encode())).tag == "answer"


ALLOWED = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")


@given(st.text(ALLOWED))
def test_text_comes_back_as_it_was(text):
    root = ET.fromstring(to_xml(json.dumps({"a": text, "b": {"@c": text}}).encode()))

    assert (root.find("a").text or "", root.find("b").get("c")) == (text, text)
