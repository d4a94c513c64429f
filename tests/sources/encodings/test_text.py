import pytest

from gateway.sources.encodings.text import media_type_of


@pytest.mark.parametrize(
    ("content_type", "media_type"),
    [(None, ""), (b"", ""), (b"Text/CSV ; header=present", "text/csv"), (b"\xff", "ÿ")],
)
def test_media_type_is_what_stands_before_the_parameters(content_type, media_type):
    assert media_type_of(content_type) == media_type
