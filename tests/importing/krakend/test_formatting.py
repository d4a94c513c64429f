"""What KrakenD does to an answer is said by shapes."""

import pytest

from tests.importing.krakend.samples import backend, step_of

SHAPING = {"unwrap", "pick", "omit", "rename", "wrap", "shape"}


def shaping(**keys):
    step, told = step_of(backend(**keys))
    return {key: value for key, value in step.items() if key in SHAPING}, told


@pytest.mark.parametrize(
    ("keys", "shape"),
    [
        ({}, {}),
        ({"target": "data.user"}, {"unwrap": "data.user"}),
        ({"allow": ["id", "a.b"]}, {"pick": ["id", "a.b"]}),
        ({"whitelist": ["id"]}, {"pick": ["id"]}),
        ({"deny": ["x y", "a.b c"]}, {"omit": ["['x y']", "a['b c']"]}),
        ({"blacklist": ["x"]}, {"omit": ["x"]}),
        ({"allow": ["a"], "deny": ["b"]}, {"pick": ["a"]}),
        ({"mapping": {"a": "b.c"}}, {"rename": {"a": "b"}}),
        ({"group": "me"}, {"wrap": "me"}),
        ({"group": "a.b"}, {"wrap": "['a.b']"}),
        (
            {"target": "t", "allow": ["a"], "mapping": {"a": "b"}, "group": "g"},
            {"unwrap": "t", "pick": ["a"], "rename": {"a": "b"}, "wrap": "g"},
        ),
    ],
)
def test_formatting_is_one_stage(keys, shape):
    assert shaping(**keys) == (shape, [])


@pytest.mark.parametrize(
    ("keys", "shape"),
    [
        ({}, {"wrap": "collection"}),
        ({"group": "g"}, {"wrap": "g.collection"}),
        ({"mapping": {"collection": "items"}}, {"wrap": "items"}),
        ({"mapping": {"collection": "items"}, "group": "g"}, {"wrap": "g.items"}),
        ({"deny": ["collection"]}, {"shape": [{"wrap": "collection"}, {"omit": ["collection"]}]}),
    ],
)
def test_collection_is_wrapped_before_anything_else(keys, shape):
    assert shaping(is_collection=True, **keys) == (shape, [])


def test_flatmap_stands_in_place_of_allow_deny_and_mapping():
    operations = [
        {"type": "move", "args": ["data.*.a", "data.*.b"]},
        {"type": "del", "args": ["x", "list.0.y z"]},
        {"type": "append", "args": ["a", "b"]},
        {"type": "twist", "args": []},
    ]
    shape, told = shaping(
        target="t", allow=["no"], group="g", extra_config={"proxy": {"flatmap_filter": operations}}
    )

    assert shape == {
        "shape": [
            {"unwrap": "t"},
            {"move": {"data.*.a": "data.*.b"}},
            {"omit": ["x", "list[0]['y z']"]},
            {"append": {"a": "b"}},
            {"wrap": "g"},
        ]
    }
    assert told == [
        (
            "not carried endpoints[0].backend[0].extra_config.proxy.flatmap_filter[3]: "
            "`twist` with 0 arguments is no operation"
        ),
    ]
