"""The order service: ``GET /internal/orders?user_id=&limit=`` answers a user's orders, newest first."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel

from services.mock.goods import CATALOGUE, price
from services.mock.people import ALWAYS_FULL, LAST_DAY, Person, person
from services.mock.users import MAX_ID

ORDERS_BY_SEGMENT: Final = {
    "new": (0, 1),
    "occasional": (1, 4),
    "regular": (4, 9),
    "loyal": (8, 20),
    "vip": (15, 40),
}
"""How many orders somebody of that segment has: from, to."""

OPEN_STATES: Final = ("placed", "paid", "packed", "shipped")
PAST_STATES: Final = ("delivered", "delivered", "delivered", "delivered", "returned", "cancelled")

router = APIRouter()


class Item(BaseModel):
    """One line of an order."""

    sku: str
    name: str
    quantity: int
    unit_price: float


class Order(BaseModel):
    """One order; prices are in ``currency``."""

    id: str
    placed_at: datetime
    status: str
    currency: str
    items: list[Item]
    total: float


class Orders(BaseModel):
    """The newest orders of a user, and how many there are in all."""

    user_id: int
    count: int
    orders: list[Order]


@router.get("/internal/orders")
async def orders(
    user_id: Annotated[int, Query(le=MAX_ID)],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Orders:
    """Any positive id is a user; others do not exist (404)."""
    if user_id < 1:
        raise HTTPException(404, f"no user {user_id}")
    who = person(user_id)
    fewest, most = ORDERS_BY_SEGMENT[who.segment]
    count = random.Random(f"orders {user_id}").randint(fewest, most)
    if user_id <= ALWAYS_FULL:
        count = max(count, 1)
    return Orders(
        user_id=user_id, count=count, orders=[_order(who, n) for n in range(count, max(count - limit, 0), -1)]
    )


def _order(who: Person, number: int) -> Order:
    """The user's *number*-th order, the first being number 1."""
    chance = random.Random(f"order {who.id} {number}")
    days = (LAST_DAY - who.joined).days
    most = ORDERS_BY_SEGMENT[who.segment][1]
    day = who.joined + timedelta(days=days * number // (most + 1))
    placed = datetime.combine(
        day, time(chance.randrange(6, 23), chance.randrange(60), chance.randrange(60)), UTC
    )
    recent = LAST_DAY - day <= timedelta(days=14)
    currency = who.market.currency
    items = [
        Item(
            sku=p.sku,
            name=p.name,
            quantity=chance.choice((1, 1, 1, 2, 3)),
            unit_price=price(p.cents, currency),
        )
        for p in chance.sample(CATALOGUE, chance.randint(1, 4))
    ]
    return Order(
        id=f"O-{who.id}-{number:04d}",
        placed_at=placed,
        status=chance.choice(OPEN_STATES if recent else PAST_STATES),
        currency=currency,
        items=items,
        total=round(sum(item.quantity * item.unit_price for item in items), 2),
    )
