"""What the shop sells: the catalogue that orders and recommendations draw on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Product:
    """One article; ``cents`` is its price in hundredths of a euro."""

    sku: str
    name: str
    category: str
    cents: int


CATALOGUE: Final = tuple(
    Product(*row)
    for row in (
        ("KIT-1042", "Cast-iron pan, 26 cm", "kitchen", 5490),
        ("KIT-1077", "Chef's knife, 20 cm", "kitchen", 8900),
        ("KIT-1103", "Pour-over coffee set", "kitchen", 3995),
        ("KIT-1130", "Espresso cups, set of 4", "kitchen", 2450),
        ("HOM-2011", "Linen bedding, double", "home", 12900),
        ("HOM-2050", "Desk lamp, brass", "home", 7400),
        ("HOM-2066", "Wool throw, 130 × 180 cm", "home", 9950),
        ("HOM-2090", "Storage box, oak", "home", 4200),
        ("GAR-3004", "Secateurs, bypass", "garden", 2890),
        ("GAR-3021", "Watering can, 9 l", "garden", 3450),
        ("GAR-3045", "Seed collection “Herbs”", "garden", 1290),
        ("OUT-4008", "Rain jacket, packable", "outdoor", 14900),
        ("OUT-4019", "Trail backpack, 28 l", "outdoor", 11900),
        ("OUT-4033", "Vacuum flask, 0.75 l", "outdoor", 3290),
        ("OUT-4071", "Head torch, rechargeable", "outdoor", 4590),
        ("ELE-5002", "Wireless earphones", "electronics", 12995),
        ("ELE-5016", "USB-C charger, 65 W", "electronics", 3999),
        ("ELE-5040", "E-reader, 7 inch", "electronics", 17900),
        ("BOO-6001", "The Baker's Year (hardcover)", "books", 3400),
        ("BOO-6027", "Walking the Coast", "books", 1899),
    )
)

RATES: Final = {"EUR": 1.0, "GBP": 0.85, "USD": 1.1, "PLN": 4.3, "SEK": 11.4, "JPY": 160.0}
"""Units of a currency for one euro; fixed, invented."""


def price(cents: int, currency: str) -> float:
    """*cents* of a euro in *currency*, as the shop rounds it: whole yen, else two decimals."""
    amount = cents / 100 * RATES[currency]
    return round(amount) if currency == "JPY" else round(amount, 2)
