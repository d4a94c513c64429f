import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.xml import to_xml
from gateway.sources.encodings.xml import decode_xml


@pytest.mark.parametrize(
    ("document", "value"),
    [
        ("<a/>", {"a": None}),
        ("<a> </a>", {"a": None}),
        ("<a> x </a>", {"a": "x"}),
        ("<a>1</a>", {"a": "1"}),
        ('<a id="7"/>', {"a": {"@id": "7"}}),
        ('<a id="7">x</a>', {"a": {"@id": "7", "#text": "x"}}),
        ("<a><b/><b>1</b><b/><c/></a>", {"a": {"b": [None, "1", None], "c": None}}),
        ("<a><b><c/></b><b>1</b></a>", {"a": {"b": [{"c": None}, "1"]}}),
        ("<a>x<b/>y</a>", {"a": {"b": None, "#text": "xy"}}),
        ('<p:a xmlns:p="u" p:x="1"><p:b/></p:a>', {"a": {"@x": "1", "b": None}}),
        ("<a><!-- c --><?p i?><![CDATA[<x>]]></a>", {"a": "<x>"}),
        ("<a>&lt;&#233;</a>", {"a": "<é"}),
    ],
)
def test_mapping_is_as_documented(document, value):
    assert decode_xml(document.encode(), None) == value


def test_document_says_its_charset_itself():
    assert decode_xml(b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>', b"text/xml") == {"a": "é"}


NAMES = st.sampled_from(["a", "b", "c"])
TEXT = st.text("xyz<&>\"'é", min_size=1)
TREES = st.recursive(TEXT | st.none(), lambda inner: st.dictionaries(NAMES, inner, min_size=1), max_leaves=10)


@given(TREES)
def test_what_the_gateway_writes_comes_back(tree):
    assert decode_xml(to_xml(json.dumps(tree).encode()), None) == {"answer": tree}
