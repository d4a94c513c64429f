"""What sessions and their pools have in common."""

from gateway.sources.database.session import Unfit


def test_a_value_that_does_not_fit_says_which_parameter_it_is_and_not_its_value():
    unfit = Unfit(2, "int4")

    assert (unfit.number, str(unfit)) == (2, "parameter 2 is an object or array, and the database wants int4")
