import pytest

from gateway.edge.formats import FORMATS, Formats


def chosen(accept, *forms):
    formats = Formats([FORMATS[form] for form in forms or ("json", "msgpack", "xml")])
    headers = [] if accept is None else [(b"accept", value.encode()) for value in accept.split(" + ")]
    found = formats.chosen(headers)
    assert found is formats.chosen(headers)  # remembered
    return None if found is None else found.name


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "json"),
        ("*/*", "json"),
        ("application/*", "json"),
        ("application/json", "json"),
        ("APPLICATION/MSGPACK", "msgpack"),
        ("application/x-msgpack", "msgpack"),
        ("text/xml", "xml"),
        ("text/*", "xml"),
        ("application/xml;q=0.9, application/json;q=0.8", "xml"),
        ("application/json;q=0.8, */*;q=0.9", "msgpack"),
        ("application/json;q=0, */*", "msgpack"),
        ("application/xml;charset=utf-8", "xml"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "xml"),
        ("text/html + application/msgpack", "msgpack"),
        ("application/json;q=high", None),
        ("application/json;q=nan", None),
        ("application/json;q=2", "json"),
        ("text/html", None),
        ("text/html, application/json; q=0.000", None),
        (",", None),
    ],
)
def test_best_quality_wins_and_of_equals_the_first(accept, form):
    assert chosen(accept) == form


def test_default_is_what_stands_first():
    assert chosen("*/*", "ndjson", "json") == "ndjson"
    assert chosen("application/json", "ndjson", "json") == "json"


def test_what_clients_invent_is_not_remembered_without_end():
    formats = Formats([FORMATS["json"]])
    for number in range(1000):
        formats.chosen([(b"accept", b"x/%d" % number)])

    assert len(formats._known) == 256
