"""Random numbers for tests that try many things."""

import random

import pytest


@pytest.fixture
def seeded(request):
    """Random numbers that a failed run can be repeated with: set the seed here."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)
