"""Several documents become one configuration with an upstream each."""

from tests.importing.openapi.samples import document, get, imported


def test_every_document_is_an_upstream():
    draft, told = imported(
        document({"/a": get()}),
        document({"/b": get()}, info={"title": "Orders"}, servers=[{"url": "http://o"}]),
    )

    assert draft.upstreams == {"pets": {"url": "http://pets"}, "orders": {"url": "http://o"}}
    assert list(draft.routes) == ["GET /a", "GET /b"]
    assert told == []


def test_keys_of_a_path_that_are_no_methods_are_none():
    draft, _ = imported(document({"/a": get() | {"summary": "x", "x-own": {}, "description": "y"}}))

    assert list(draft.routes) == ["GET /a"]


def test_webhooks_are_told():
    assert "nobody calls them" in imported(document({"/a": get()}, webhooks={"x": {}}))[1][0]
