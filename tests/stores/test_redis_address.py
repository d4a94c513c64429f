"""What the URL of a Redis says, in every form, and what is none."""

import pytest

from gateway.stores.redis_address import AddressError, Kind, parse_address


@pytest.mark.parametrize(
    ("url", "kind", "nodes", "one", "shown"),
    [
        ("redis://a", "single", (("a", 6379),), "redis://a:6379", "redis://a"),
        ("redis://a:7/2", "single", (("a", 7),), "redis://a:7/2", "redis://a:7/2"),
        ("rediss://u:p@a:7/2", "single", (("a", 7),), "rediss://u:p@a:7/2", "rediss://a:7/2"),
        ("redis://[::1]:7/2", "single", (("::1", 7),), "redis://[::1]:7/2", "redis://[::1]:7/2"),
        ("unix:///run/r.sock?db=1", "single", (), "unix:///run/r.sock?db=1", "unix:///run/r.sock"),
        (
            "redis+sentinel://:p@a,b:9/orders/3",
            "sentinel",
            (("a", 26379), ("b", 9)),
            "redis://:p@a:26379/3",
            "redis+sentinel://a,b:9/orders/3",
        ),
        (
            "rediss+cluster://u:p@a:1,b:2,[::1]:3",
            "cluster",
            (("a", 1), ("b", 2), ("::1", 3)),
            "rediss://u:p@a:1",
            "rediss+cluster://a:1,b:2,[::1]:3",
        ),
        (
            "rediss://a:1/0?ssl_ca_certs=%2Fca.pem",
            "single",
            (("a", 1),),
            "rediss://a:1/0?ssl_ca_certs=%2Fca.pem",
            "rediss://a:1/0",
        ),
    ],
)
def test_url_says_who_is_asked_and_how(url, kind, nodes, one, shown):
    address = parse_address(url)

    assert (address.kind, address.nodes, address.url, address.shown) == (Kind(kind), nodes, one, shown)
    assert address.tls is url.startswith("rediss")


def test_sentinels_have_a_service_and_a_log_in_of_their_own():
    address = parse_address("redis+sentinel://a/orders?sentinel_username=me&sentinel_password=p%40ss")

    assert (address.service, address.sentinel_username, address.sentinel_password) == ("orders", "me", "p@ss")
    assert address.url == "redis://a:26379"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://a", "is not the URL of a redis"),
        ("redis", "is not the URL of a redis"),
        ("redis://", "is not the URL of a redis"),
        ("redis://a:0", "is not the URL of a redis"),
        ("redis://a:x", "is not the URL of a redis"),
        ("redis://[::1", "is not the URL of a redis"),
        ("redis://a\n", "is not the URL of a redis"),
        ("redis+cluster://a,", "is not the URL of a redis"),
        ("unix://", "the path of the socket is missing"),
        ("unix:///", "the path of the socket is missing"),
        ("redis://a,b", "one server has one address"),
        ("redis+sentinel://a", "the name of the service is missing"),
        ("redis+cluster://a/1", "a cluster has only the database 0"),
        ("redis://a/one", "the database of {it} is not a number"),
        ("redis://a/1/2", "the database of {it} is not a number"),
    ],
)
def test_what_is_no_url_is_told_in_words(url, message):
    with pytest.raises(AddressError, match=message.replace("{", r"\{").replace("}", r"\}")):
        parse_address(url)


def test_address_shows_no_secret():
    address = parse_address("redis+sentinel://me:hunter2@a/orders?sentinel_password=hunter3")

    assert repr(address) == "<RedisAddress redis+sentinel://a/orders>"
