"""How ``for_each`` and ``batch`` are written."""

import pytest

from gateway.config import ConfigError, load_text
from tests.support.compiled import compiled

PAGE = """
upstreams: {{ u: {{ url: "http://127.0.0.1:1" }} }}
routes:
  GET /x:
    steps: {{ s: {{ get: u/a, {settings} }} }}
"""


def step(settings):
    return load_text(PAGE.format(settings=settings), {}).config.routes["GET /x"].steps["s"]


def fault(settings):
    with pytest.raises(ConfigError) as caught:
        step(settings)
    (found,) = caught.value.faults
    return found


def test_reference_alone_is_a_list_with_the_defaults():
    each = step('for_each: "{a.b}"').for_each

    assert (each.of, each.concurrency, each.max_items, each.items) == ("{a.b}", 10, 100, "optional")


def test_everything_about_a_list_can_be_said():
    each = step('for_each: { of: "{a}", concurrency: 3, max_items: 7, items: required }').for_each

    assert (each.of, each.concurrency, each.max_items, each.items) == ("{a}", 3, 7, "required")


def test_batch_has_defaults_for_all_but_its_key():
    batch = step('batch: { key: "{item.id}" }').batch

    assert (batch.key, batch.by, batch.at, batch.error) == ("{item.id}", None, None, None)
    assert (batch.window, batch.max_size) == (0.002, 100)


def test_batch_without_a_window_gathers_what_comes_at_once():
    assert step('batch: { key: "{item.id}", window: off }').batch.window == 0.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("for_each: 5", "`for_each` must be a mapping"),
        ("for_each:", "for_each: there is no value"),
        ("for_each: { concurrency: 3 }", "`of` is missing in `for_each`"),
        ('for_each: { of: "{a}", max_items: 20000 }', "max_items: `20000` is not between 1 and 10000"),
        ('for_each: { of: "{a}", items: all }', "items: `all` is not `required` or `optional`"),
        ("batch: { by: id }", "`key` is missing in `batch`"),
        ('batch: { key: "{a}", window: 2s }', "window: `2s` is longer than 1s"),
        ('batch: { key: "{a}", at: data..x }', "at: `data..x` is not a path of members"),
        ('batch: { key: "{a}", max_size: 0 }', "max_size: `0` is not between 1 and 1000000"),
        ('batch: { key: "{a}", many: true }', "`many` is for items that say their key"),
        ('batch: "{a}"', "`batch` must be a mapping"),
    ],
)
def test_what_cannot_be_is_a_fault(settings, message):
    assert fault(settings).message.startswith(message)


def test_fault_in_the_short_form_points_into_it():
    page = PAGE.format(settings='for_each: "{nobody.items}"')
    with pytest.raises(ConfigError) as caught:
        compiled(page)
    (found,) = caught.value.faults
    assert (found.place.line, found.place.column) == (5, page.splitlines()[4].index("nobody") + 1)
