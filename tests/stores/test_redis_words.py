"""What went wrong is told in words of our own: texts of servers and libraries hold hosts, keys and values."""

import ssl

import pytest
from redis.asyncio.sentinel import MasterNotFoundError
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    MovedError,
    NoPermissionError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from gateway.stores.redis_words import code_of, words_of


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ResponseError("WRONGTYPE Operation against a key"), "WRONGTYPE"),
        (ResponseError("BUSY Redis is busy running a script"), "BUSY"),
        (ResponseError("ERR value is not an integer"), "ERR"),
        (ResponseError("user_script:1: what a script says"), "ERR"),
        (ResponseError(""), "ERR"),
        (BusyLoadingError("Redis is loading", status_code="LOADING"), "LOADING"),
        (MovedError("1 host:6379", status_code="MOVED"), "MOVED"),
        (ClusterDownError("the cluster is down", status_code="CLUSTERDOWN"), "CLUSTERDOWN"),
        (RedisConnectionError("Error 111 connecting to host:6379"), ""),
        (OSError("host"), ""),
    ],
)
def test_code_is_the_first_word_of_what_the_server_said(error, code):
    assert code_of(error) == code


def caused(error, by):
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            AuthenticationError("invalid for hunter2", status_code="WRONGPASS"),
            "refuses the user or the password",
        ),
        (AuthenticationError("Authentication required.", status_code="NOAUTH"), "none is configured"),
        (NoPermissionError("User me has no", status_code="NOPERM"), "the user may not do that"),
        (BusyLoadingError("", status_code="LOADING"), "still loads its data"),
        (
            MasterNotFoundError("No master found for 'orders' : host"),
            "no sentinel knows the service's master",
        ),
        (RedisTimeoutError("Timeout connecting to host"), "no answer in time"),
        (TimeoutError(), "no answer in time"),
        (
            caused(RedisConnectionError("host:1"), ConnectionRefusedError(111, "host")),
            "ConnectionRefusedError",
        ),
        (caused(RedisConnectionError("host:1"), ssl.SSLCertVerificationError("host")), "TLS: failed"),
        (RedisConnectionError("Connection closed by server."), "ConnectionError"),
    ],
)
def test_words_say_why_and_hold_nothing_of_the_text(error, words):
    told = words_of(error)

    assert words in told
    assert "host" not in told
    assert "hunter2" not in told
