"""The data: the same for the same id, varied over ids, never empty for users 1 to 100."""

import random

import pytest

from services.mock.addresses import SAMPLES
from services.mock.goods import CATALOGUE, price
from services.mock.people import SEGMENTS, person
from tests.support.raw_http import ask


async def test_users_1_to_100_have_a_name_orders_and_recommendations(ports):
    for user_id in range(1, 101):
        user = (await ask(ports["users"], "GET", f"/internal/users/{user_id}")).json
        orders = (await ask(ports["orders"], "GET", f"/internal/orders?user_id={user_id}&limit=5")).json
        recommended = (
            await ask(ports["recommendations"], "GET", f"/internal/recommend/{user['segment']}")
        ).json
        assert user["id"] == orders["user_id"] == user_id
        assert user["name"]
        assert 1 <= len(orders["orders"]) <= 5
        assert len(recommended) >= 4


async def test_the_same_id_gives_the_same_bytes(ports):
    for name, target in SAMPLES.items():
        first = await ask(ports[name], "GET", target)
        assert first.status == 200
        assert (await ask(ports[name], "GET", target)).body == first.body


async def test_order_totals_are_the_sums_of_their_items_and_the_newest_comes_first(ports):
    orders = (await ask(ports["orders"], "GET", "/internal/orders?user_id=7&limit=50")).json
    assert orders["count"] == len(orders["orders"]) > 1
    for order in orders["orders"]:
        total = sum(item["quantity"] * item["unit_price"] for item in order["items"])
        assert order["total"] == pytest.approx(total)
    days = [order["placed_at"][:10] for order in orders["orders"]]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize(
    ("service", "target", "status"),
    [
        ("users", "/internal/users/0", 404),
        ("users", "/internal/users/-1", 404),
        ("users", "/internal/users/9223372036854775807", 200),
        ("users", "/internal/users/9223372036854775808", 422),
        ("users", "/internal/users/seven", 422),
        ("users", "/internal/users/", 404),
        ("orders", "/internal/orders", 422),
        ("orders", "/internal/orders?user_id=x", 422),
        ("orders", "/internal/orders?user_id=0", 404),
        ("orders", "/internal/orders?user_id=1&limit=0", 422),
        ("orders", "/internal/orders?user_id=1&limit=51", 422),
        ("recommendations", "/internal/recommend/nobody", 404),
        ("recommendations", "/internal/recommend/..", 422),
        ("recommendations", "/internal/recommend/%20", 422),
    ],
)
async def test_junk_gets_404_or_422(ports, service, target, status):
    assert (await ask(ports[service], "GET", target)).status == status


def test_people_are_varied_and_every_segment_is_among_the_first_hundred():
    people = [person(user_id) for user_id in range(1, 101)]
    assert {who.segment for who in people} == set(SEGMENTS)
    assert len({who.market.country for who in people}) == 8
    assert len({who.name for who in people}) > 60


def test_emails_are_unique_ascii_and_at_example_com():
    seed = random.randrange(2**32)
    print("seed", seed)
    ids = random.Random(seed).sample(range(1, 10**9), 500)
    emails = [person(user_id).email for user_id in ids]
    assert len(set(emails)) == len(emails)
    for email in emails:
        assert email.isascii()
        assert email.endswith("@example.com")
        assert not email.startswith(("@", "."))


def test_yen_have_no_decimals_and_other_prices_two_at_most():
    for product in CATALOGUE:
        assert price(product.cents, "JPY") == int(price(product.cents, "JPY"))
        assert round(price(product.cents, "SEK"), 2) == price(product.cents, "SEK")
