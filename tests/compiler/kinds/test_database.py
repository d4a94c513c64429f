"""What the calls of all databases have in common."""

import pytest

from tests.support.compiled import compiled, messages

DSN = {"postgres": "postgresql://h/d", "mysql": "mysql://h/d"}


def config(kind, step):
    upstream = f'upstreams: {{ db: {{ {kind}: "{DSN[kind]}" }} }}\n'
    return f"{upstream}routes:\n  GET /a/{{id:int}}: {{ steps: {{ a: {{ upstream: db, {step} }} }} }}\n"


@pytest.mark.parametrize("kind", DSN)
def test_what_writes_must_say_so_and_is_not_repeatable(kind):
    writes = 'sql: "delete from t where id = {id}"'

    assert messages(config(kind, writes)) == ["this statement writes, and steps only read unless they say so"]
    made = compiled(config(kind, f"{writes}, write: on")).routes["GET /a/{id:int}"]
    assert not made.plan.steps[0].repeatable
    assert made.facts[0].target == "SQL db: delete from t where id = {id}"


@pytest.mark.parametrize("kind", DSN)
def test_calls_are_equal_if_statement_and_values_are(kind):
    class Scope:
        inputs = ("1",)
        outcomes = ()

    def identity(sql, value):
        step = compiled(config(kind, f'sql: "{sql}", coalesce: on')).routes["GET /a/{id:int}"].plan.steps[0]
        Scope.inputs = (value,)
        return step.identify(Scope, step.prepare(Scope))

    one = identity("select {id}", "1")
    assert one == identity("select {id}", "1")
    assert len({one, identity("select {id}", "2"), identity("select {id} + 1", "1")}) == 3
