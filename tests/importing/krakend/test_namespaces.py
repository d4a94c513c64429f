"""Old names of `extra_config` mean what the new ones do."""

import pytest

from gateway.importing.foreign import parsed
from gateway.importing.krakend.namespaces import CALLS, GUARDS, LOST, extra, extras, new_name


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("github.com/devopsfaith/krakend-jose/validator", "auth/validator"),
        ("github_com/devopsfaith/krakend-cors", "security/cors"),
        ("github_com/luraproject/lura/router/gin", "router"),
        ("github_com/devopsfaith/bloomfilter", "auth/revoker"),
        ("github.com/devopsfaith/krakend/proxy", "proxy"),
        ("auth/validator", "auth/validator"),
        ("github.com/devopsfaith/unknown", "github.com/devopsfaith/unknown"),
        ("my/own", "my/own"),
    ],
)
def test_old_names_become_new_ones(old, new):
    assert new_name(old) == new


def test_extras_are_found_by_their_new_names():
    text = '{"extra_config": {"github.com/devopsfaith/krakend/proxy": {"sequential": true}}}'
    owner = parsed(text, "k.json")

    assert extra(owner, "proxy")["sequential"].flag
    assert [name for name, _ in extras(owner)] == ["proxy"]
    assert not extra(owner, "auth/validator")


def test_an_entry_stands_in_one_table_only():
    assert not set(GUARDS) & set(LOST)
    assert not set(GUARDS) & set(CALLS)
