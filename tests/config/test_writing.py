"""What is written reads back as the same data, and looks as people write it."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.config.document import parse
from gateway.config.nodes import plain
from gateway.config.writing import yaml_text

TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["off", "true", "null", "~", "012", "1e3", "5", "{a}", "a: b", "- a", "", "$", " ", "9" * 30]
    ),
)
LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
KEYS = TEXT.filter(lambda text: text != "\ud800")
DATA = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def read(text):
    faults = []
    node = parse(text, "written.yaml", faults)
    assert not faults, f"{faults[0]}\n{text}"
    return plain(node)


@settings(max_examples=300, deadline=None)
@example({"": [{"0}": None}, {"{a": 1}]})
@given(st.dictionaries(KEYS, DATA, min_size=1, max_size=4))
def test_what_is_written_reads_back_as_the_same_data(data):
    assert read(yaml_text(data)) == data


def test_it_looks_like_the_examples():
    data = {
        "upstreams": {
            "users": {"url": "http://127.0.0.1:9101", "retry": "off"},
            "orders": {"urls": ["http://a:80/v1", "https://b"], "breaker": {"consecutive": 3, "jitter": 0}},
        },
        "routes": {
            "GET /user/{id:int}": {
                "time_limit": "2s",
                "steps": {
                    "user": {"get": "users/u/{id}?full=1", "fallback": None},
                    "long": {"get": "users/" + "x" * 80, "headers": {"accept": "text/plain, */*"}},
                },
                "respond": {"id": "{id}", "all": [{"a": {"b": {"c": "on"}}}, "true", "5"]},
            }
        },
    }

    assert (
        yaml_text(data)
        == f"""\
upstreams:
  users: {{ url: http://127.0.0.1:9101, retry: off }}
  orders: {{ urls: [http://a:80/v1, https://b], breaker: {{ consecutive: 3, jitter: 0 }} }}
routes:
  GET /user/{{id:int}}:
    time_limit: 2s
    steps:
      user: {{ get: "users/u/{{id}}?full=1", fallback: null }}
      long:
        get: users/{"x" * 80}
        headers: {{ accept: "text/plain, */*" }}
    respond:
      id: "{{id}}"
      all:
        - a: {{ b: {{ c: on }} }}
        - "true"
        - "5"
"""
    )
