"""What upstreams say about keeping their answers, and that doubt means no."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.layers.cache_control import said


def of(cache_control, **rest):
    return said({b"cache-control": cache_control, **{k.encode(): v for k, v in rest.items()}})


def test_silence_is_neither_a_limit_nor_a_refusal():
    words = said({})

    assert (words.forbids, words.shareable, words.fresh, words.age) == (False, False, None, 0.0)
    assert (words.revalidate, words.stand_in, words.varies) == (None, None, frozenset())


@pytest.mark.parametrize(
    "text",
    [
        b"no-store",
        b"No-Store",
        b"max-age=60, private",
        b'private="set-cookie", max-age=60',
        b"no-cache",
        b'no-cache="x", max-age=5',
        b"public;no-store",
        b'max-age="60, no-store',
    ],
)
def test_answers_that_must_not_be_kept(text):
    assert of(text).forbids


def test_words_inside_of_a_quoted_value_are_no_directives():
    assert not of(b'max-age=60, ext="no-store, private"').forbids


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (b"max-age=60", 60.0),
        (b'max-age="60"', 60.0),
        (b"MAX-AGE = 60", 60.0),
        (b"max-age=60, s-maxage=10", 10.0),
        (b"s-maxage=600, max-age=60", 600.0),
        (b"max-age=60, max-age=5", 5.0),
        (b"max-age=5, max-age=60", 5.0),
        (b"max-age=60, max-age=x", 0.0),
        (b"max-age", 0.0),
        (b"max-age=-5", 0.0),
        (b"max-age=1.5", 0.0),
        (b"max-age=\xb2", 0.0),
        (b"max-age=99999999999999999999999", 2.0**31),
        (b"public", None),
    ],
)
def test_how_long_an_answer_is_fresh(text, seconds):
    assert of(text).fresh == seconds


def test_both_windows_are_read():
    words = of(b"max-age=5, stale-while-revalidate=30, stale-if-error=300")

    assert (words.revalidate, words.stand_in) == (30.0, 300.0)


@pytest.mark.parametrize("word", [b"must-revalidate", b"proxy-revalidate"])
def test_answer_that_must_be_asked_for_anew_is_never_served_stale(word):
    words = of(b"max-age=5, stale-while-revalidate=30, stale-if-error=300, " + word)

    assert (words.revalidate, words.stand_in) == (0.0, 0.0)


@pytest.mark.parametrize("word", [b"public", b"s-maxage=5", b"must-revalidate"])
def test_answers_to_credentials_that_may_be_shared(word):
    assert of(word).shareable
    assert not of(b"max-age=60").shareable


def test_age_is_read_and_garbage_is_none():
    assert of(b"max-age=60", age=b" 12 ").age == 12.0
    assert of(b"max-age=60", age=b"old").age == 0.0


def test_vary_names_headers_in_lower_case():
    assert of(b"", vary=b"Accept-Language,  COOKIE,, *").varies == {b"accept-language", b"cookie", b"*"}


@given(st.binary(max_size=60), st.binary(max_size=10), st.binary(max_size=20))
def test_no_header_is_too_strange(cache_control, age, vary):
    words = said({b"cache-control": cache_control, b"age": age, b"vary": vary})

    assert words.fresh is None or 0.0 <= words.fresh <= 2**31


@given(st.lists(st.sampled_from([b"max-age=9", b"public", b'x="a, b"', b"foo", b"s-maxage=1"]), max_size=5))
def test_no_store_is_found_wherever_it_stands(others):
    for place in range(len(others) + 1):
        assert of(b", ".join([*others[:place], b"no-store", *others[place:]])).forbids
