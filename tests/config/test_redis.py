"""The words of a command, and a redis upstream in its short and its long form."""

import pytest

from gateway.config import load_text
from gateway.config.faults import Wrong
from gateway.config.redis import argument


@pytest.mark.parametrize(("written", "word"), [("GET", "GET"), (0, "0"), (-1, "-1"), ("1.50", "1.50")])
def test_word_is_text_or_a_whole_number(written, word):
    assert argument(written) == word


@pytest.mark.parametrize("written", [True, 1.5, None, ["a"]])
def test_what_has_more_than_one_form_as_text_wants_quotes(written):
    with pytest.raises(Wrong):
        argument(written)


def upstream(written, **environ):
    return load_text(f"upstreams: {{ cache: {written} }}\nroutes: {{}}\n", environ).config.upstreams["cache"]


def test_url_alone_is_short_for_a_mapping():
    short, long = upstream('{ redis: "redis://a" }'), upstream('{ redis: { url: "redis://a" } }')

    assert short == long
    assert (short.kind, short.redis.connections, short.timeout) == ("redis", 2, 0.1)


def test_log_in_may_stand_beside_the_url_and_come_from_the_environment():
    redis = upstream('{ redis: { url: "redis://a", username: me, password: "${PW}" } }', PW="hunter2").redis

    assert (redis.username, str(redis.password)) == ("me", "hunter2")
