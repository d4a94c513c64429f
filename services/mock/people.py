"""Who the users are: names, places, segments, all derived from the user id alone."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

FIRST_DAY: Final = date(2018, 3, 1)
"""Nobody joined earlier; fixed, so that the data never changes with the calendar."""

LAST_DAY: Final = date(2026, 10, 31)
"""Nothing in the data is later."""

SEGMENTS: Final = ("new", "occasional", "regular", "loyal", "vip")
SEGMENT_WEIGHTS: Final = (18, 30, 28, 16, 8)

ALWAYS_FULL: Final = 100
"""Users up to this id have orders, so every part of their profile has something in it."""


@dataclass(frozen=True, slots=True)
class Market:
    """One country that the shop sells in."""

    country: str
    currency: str
    language: str
    cities: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]


MARKETS: Final = (
    Market(
        "DE", "EUR", "de", ("Berlin", "Hamburg", "Leipzig", "Köln"),
        ("Lena", "Jonas", "Mia", "Felix", "Greta", "Emre"),
        ("Schäfer", "Krause", "Yılmaz", "Brandt", "Großmann", "Vogel"),
    ),
    Market(
        "FR", "EUR", "fr", ("Lyon", "Nantes", "Lille", "Paris"),
        ("Chloé", "Hugo", "Inès", "Théo", "Aminata", "Lucas"),
        ("Lefèvre", "Moreau", "Diallo", "Garnier", "Chevalier", "Petit"),
    ),
    Market(
        "ES", "EUR", "es", ("Sevilla", "Bilbao", "València", "Madrid"),
        ("Lucía", "Mateo", "Carmen", "Iker", "Nuria", "Pablo"),
        ("Muñoz", "Ibáñez", "Serrano", "Vidal", "Castro", "Peña"),
    ),
    Market(
        "GB", "GBP", "en", ("Leeds", "Bristol", "Glasgow", "London"),
        ("Amelia", "Oliver", "Priya", "Callum", "Zara", "Rhys"),
        ("Whitfield", "Okafor", "Patel", "Sinclair", "O'Connor", "Hughes"),
    ),
    Market(
        "US", "USD", "en", ("Portland", "Austin", "Chicago", "Atlanta"),
        ("Madison", "Ethan", "Camila", "Jamal", "Hannah", "Diego"),
        ("Ramirez", "Nguyen", "Johnson", "Kowalski", "Washington", "Brooks"),
    ),
    Market(
        "PL", "PLN", "pl", ("Gdańsk", "Kraków", "Łódź", "Wrocław"),
        ("Zofia", "Jakub", "Hanna", "Szymon", "Oliwia", "Michał"),
        ("Wójcik", "Kaczmarek", "Zieliński", "Dąbrowski", "Nowak", "Lis"),
    ),
    Market(
        "SE", "SEK", "sv", ("Göteborg", "Malmö", "Uppsala", "Stockholm"),
        ("Astrid", "Elias", "Saga", "Nils", "Maja", "Oskar"),
        ("Lindqvist", "Åkesson", "Holm", "Bergström", "Sjöberg", "Ek"),
    ),
    Market(
        "JP", "JPY", "ja", ("大阪", "京都", "札幌", "東京"),
        ("陽菜", "蓮", "葵", "湊", "美咲", "悠真"),
        ("佐藤", "鈴木", "高橋", "田中", "渡辺", "小林"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """One user, as every service knows them."""

    id: int
    name: str
    email: str
    segment: str
    city: str
    market: Market
    joined: date
    newsletter: bool


def person(user_id: int) -> Person:
    """The user with that id; the same one every time, in every process."""
    chance = random.Random(f"person {user_id}")
    market = chance.choice(MARKETS)
    first, last = chance.choice(market.first_names), chance.choice(market.last_names)
    name = f"{last} {first}" if market.country == "JP" else f"{first} {last}"
    return Person(
        id=user_id,
        name=name,
        email=f"{_mailbox(first, last)}{user_id}@example.com",
        segment=chance.choices(SEGMENTS, SEGMENT_WEIGHTS)[0],
        city=chance.choice(market.cities),
        market=market,
        joined=FIRST_DAY + timedelta(days=chance.randrange((LAST_DAY - FIRST_DAY).days - 30)),
        newsletter=chance.random() < 0.4,
    )


def _mailbox(first: str, last: str) -> str:
    """The ASCII letters of a name; names written without any get a mailbox called ``user``."""
    plain = unicodedata.normalize("NFKD", f"{first}.{last}".replace("ß", "ss").replace("ł", "l"))
    letters = "".join(c for c in plain.lower() if c.isascii() and (c.isalpha() or c == "."))
    return letters if letters.strip(".") else "user"
