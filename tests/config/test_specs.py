import dataclasses

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from gateway.config.specs import fields_of, is_spec, label_of, spec


@spec("a thing")
class Thing:
    size: int = Field(default=1, description="How large.")
    name: str = Field(description="What it is called.")


def test_spec_is_frozen():
    thing = TypeAdapter(Thing).validate_python({"name": "a"})

    with pytest.raises(dataclasses.FrozenInstanceError):
        thing.size = 2


def test_spec_knows_all_its_keys():
    with pytest.raises(ValidationError):
        TypeAdapter(Thing).validate_python({"name": "a", "nmae": "b"})


def test_fields_that_must_be_written_come_first():
    assert list(fields_of(Thing)) == ["name", "size"]


def test_spec_is_told_from_other_things():
    assert is_spec(Thing)
    assert label_of(Thing) == "a thing"
    assert not is_spec(int)
    assert not is_spec(dict[str, Thing])
