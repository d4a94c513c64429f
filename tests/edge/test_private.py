"""What of a request no log line about a bug may hold."""

from gateway.edge.private import private_values
from tests.support.asgi import AsgiClient


def private(query=b"", headers=(), **path):
    return private_values(AsgiClient(query=query, headers=headers).scope, path)


def test_values_of_the_query_are_private_as_sent_and_as_read():
    assert {"a%20b", "a b", "c"} <= set(private(b"q=a%20b&r=c"))


def test_credentials_are_private_with_and_without_their_scheme():
    assert {"Bearer abc", "abc"} <= set(private(headers=[("authorization", "Bearer abc")]))


def test_each_cookie_is_private():
    assert {"abc", "def"} <= set(private(headers=[("cookie", "a=abc; b=def")]))


def test_path_parameters_are_private():
    assert "7" in private(id="7")


def test_other_headers_help_to_find_the_bug():
    assert "curl/8" not in private(headers=[("user-agent", "curl/8")])
