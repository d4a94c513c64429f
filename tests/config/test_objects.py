"""Buckets, and how long a link may be good for."""

import pytest

from gateway.config.faults import Wrong
from gateway.config.objects import bucket_name, lifetime


@pytest.mark.parametrize("name", ["abc", "my-bucket.2", "0" * 63])
def test_name_of_a_bucket_is_taken_as_it_is(name):
    assert bucket_name(name) == name


@pytest.mark.parametrize("name", ["ab", "Files", "a_b_c", "-abc", "abc.", "a/b", "x" * 64, "größe", "abc\n"])
def test_what_s3_would_not_take_is_told(name):
    with pytest.raises(Wrong, match="is not the name of a bucket"):
        bucket_name(name)


@pytest.mark.parametrize(("written", "seconds"), [("1s", 1.0), ("5m", 300.0), ("168h", 604_800.0)])
def test_link_is_good_for_a_second_to_a_week(written, seconds):
    assert lifetime(written) == seconds


@pytest.mark.parametrize("written", ["999ms", "169h", "300", 300, "off"])
def test_other_times_are_told(written):
    with pytest.raises(Wrong):
        lifetime(written)
