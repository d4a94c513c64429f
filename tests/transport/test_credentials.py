"""Credentials show nothing of themselves but a hint."""

from gateway.transport.credentials import Credentials

SECRET = "wJalrXUtnFEMI/K7MDENG"


def test_nothing_secret_is_shown():
    shown = repr(Credentials("AKIDEXAMPLE1234", SECRET, "the-token", "the environment"))

    assert shown == "<Credentials …1234 from the environment>"


def test_a_short_key_is_not_shown_at_all():
    assert repr(Credentials("12345678", SECRET)) == "<Credentials …>"


def test_credentials_that_sign_the_same_way_are_equal_wherever_they_were_found():
    one, other = Credentials("a", "b", "c", "here"), Credentials("a", "b", "c", "there")

    assert one == other
    assert hash(one) == hash(other)
    assert one != Credentials("a", "b", "d")
    assert one != "a"
