"""Where each mock service listens, and a path on it that answers 200 when all is well."""

from __future__ import annotations

from typing import Final

PORTS: Final = {"users": 9101, "orders": 9102, "recommendations": 9103, "functions": 9104}
"""If nothing else is said. Kept apart from ``app.py``: whoever starts services need not import FastAPI."""

SAMPLES: Final = {
    "users": "/internal/users/1",
    "orders": "/internal/orders?user_id=1&limit=1",
    "recommendations": "/internal/recommend/regular",
    "functions": "/__lambda",
}
