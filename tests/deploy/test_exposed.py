"""Every metric that has a name is exposed by a gateway that has everything, with its labels and no others."""

import pytest

from gateway.telemetry import names
from gateway.telemetry.names import Kind, Name

ALL = [value for value in vars(names).values() if isinstance(value, Name)]


@pytest.mark.parametrize("name", ALL, ids=lambda name: name.name)
def test_metric_is_exposed_as_it_is_named(families, name):
    family = families[name.name]
    labels = {tuple(sorted(sample.labels.keys() - {"le"})) for sample in family.samples}

    assert labels == {tuple(sorted(name.labels))}
    assert (family.type, family.documentation) == (name.kind.value, name.help)
    if name.kind is Kind.COUNTER:
        assert {sample.name for sample in family.samples} == {f"{name.name}_total"}


def test_nothing_is_exposed_that_has_no_name(families):
    ours = {name for name in families if name.startswith("gateway_")}

    assert ours == {name.name for name in ALL}
