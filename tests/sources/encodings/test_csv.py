import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.encodings.csv import decode_csv

CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0\r\n"), min_size=1
)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2)))
def test_records_come_as_they_were_written(rows):
    written = io.StringIO()
    csv.writer(written).writerows([["a", "b"], *rows])

    assert decode_csv(written.getvalue().encode(), None) == [
        dict(zip("ab", row, strict=True)) for row in rows
    ]


def test_record_that_ends_early_lacks_its_last_members():
    assert decode_csv(b"a,b\n1\n\n2,3\n", None) == [{"a": "1"}, {"a": "2", "b": "3"}]


def test_nothing_is_no_records():
    assert decode_csv(b"", None) == []
    assert decode_csv(b"a,b\n", None) == []
