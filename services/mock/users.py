"""The user service: ``GET /internal/users/{user_id}`` answers one user's master data."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel

from services.mock.people import person

MAX_ID = 2**63 - 1

router = APIRouter()


class User(BaseModel):
    """One user's master data."""

    id: int
    name: str
    email: str
    segment: str
    country: str
    city: str
    language: str
    currency: str
    member_since: date
    newsletter: bool


@router.get("/internal/users/{user_id}")
async def user(user_id: Annotated[int, Path(le=MAX_ID)]) -> User:
    """Any positive id is a user; others do not exist (404)."""
    if user_id < 1:
        raise HTTPException(404, f"no user {user_id}")
    who = person(user_id)
    return User(
        id=who.id,
        name=who.name,
        email=who.email,
        segment=who.segment,
        country=who.market.country,
        city=who.city,
        language=who.market.language,
        currency=who.market.currency,
        member_since=who.joined,
        newsletter=who.newsletter,
    )
