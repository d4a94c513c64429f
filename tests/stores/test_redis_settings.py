"""Settings name a server and never what it takes to log in."""

import pytest

from gateway.stores.redis_settings import RedisSettings


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://cache:6379/2", "redis://cache:6379/2"),
        ("rediss://me:hunter2@cache", "rediss://cache"),
        ("redis://:hunter2%40@[::1]:6379", "redis://[::1]:6379"),
        ("unix:///run/redis.sock?password=hunter2", "unix:///run/redis.sock"),
    ],
)
def test_address_holds_no_secret(url, address):
    settings = RedisSettings(url=url, namespace="shop")

    assert settings.address == address
    assert repr(settings) == f"<RedisSettings {address}, namespace shop>"


def test_a_question_costs_five_milliseconds_at_most_unless_told_otherwise():
    assert RedisSettings(url="redis://cache").timeout == 0.005
