from tests.support.compiled import shared


def test_nothing_is_closing_and_chance_is_chance_unless_somebody_says_otherwise():
    made = shared()

    assert made.closing() is False
    assert 0.0 <= made.random() < 1.0
