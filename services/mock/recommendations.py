"""The recommendation service: ``GET /internal/recommend/{segment}`` answers what to show a segment."""

from __future__ import annotations

import random
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel

from services.mock.goods import CATALOGUE, price
from services.mock.people import SEGMENTS

REASONS: Final = {
    "new": ("popular this week", "a good first order"),
    "occasional": ("back in stock", "reduced this week"),
    "regular": ("goes with your last order", "often bought together"),
    "loyal": ("new in your favourite category", "goes with your last order"),
    "vip": ("early access", "limited edition"),
}

router = APIRouter()


class Recommendation(BaseModel):
    """One product to show; ``score`` is between 0 and 1, best first."""

    sku: str
    name: str
    category: str
    price: float
    currency: str
    score: float
    reason: str


@router.get("/internal/recommend/{segment}")
async def recommend(
    segment: Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,31}$")],
) -> list[Recommendation]:
    """A list, so that ``fallback: []`` has the same shape. A segment nobody is in does not exist (404)."""
    if segment not in SEGMENTS:
        raise HTTPException(404, f"no segment {segment}")
    chance = random.Random(f"recommend {segment}")
    products = chance.sample(CATALOGUE, chance.randint(4, 7))
    score = 0.99
    chosen = []
    for product in products:
        chosen.append(
            Recommendation(
                sku=product.sku,
                name=product.name,
                category=product.category,
                price=price(product.cents, "EUR"),
                currency="EUR",
                score=round(score, 3),
                reason=chance.choice(REASONS[segment]),
            )
        )
        score *= chance.uniform(0.75, 0.97)
    return chosen
