from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.encodings.form import decode_form


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_pairs_come_as_they_were_written(pairs):
    assert decode_form(urlencode(pairs).encode(), None) == pairs


def test_name_that_comes_several_times_is_a_list():
    assert decode_form(b"a=1&a=2&a=3&b=4", None) == {"a": ["1", "2", "3"], "b": "4"}
