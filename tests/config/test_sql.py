"""``postgres:`` of an upstream and ``sql:`` of a step."""

import pytest

from gateway.config import load_text
from tests.config.sample import faults_of, with_upstream

TEXT = """
upstreams: { db: { postgres: postgresql://h/d } }
routes: { GET /x: { steps: { a: { upstream: db, sql: select 1 } } } }
"""


def upstream(settings, **environ):
    return load_text(TEXT.replace("{ postgres: postgresql://h/d }", settings), environ).config.upstreams["db"]


def step(more):
    text = TEXT.replace("sql: select 1", f"sql: select 1, {more}")
    return load_text(text).config.routes["GET /x"].steps["a"]


def test_a_text_is_the_dsn_of_a_postgres():
    spec = upstream('{ postgres: "${DB}" }', DB="postgres://u:p@h/d")

    assert (spec.kind, spec.postgres.dsn, spec.postgres.dsn.source) == (
        "postgres",
        "postgres://u:p@h/d",
        "${DB}",
    )
    assert (spec.postgres.pool, spec.postgres.statement_cache, spec.postgres.pgbouncer) == (10, 100, False)


def test_a_mapping_says_more():
    spec = upstream(
        "{ postgres: { dsn: postgresql://h/d, pool: 3, idle: 1m, statement_cache: 0, pgbouncer: on } }"
    )

    assert (spec.postgres.pool, spec.postgres.idle, spec.postgres.statement_cache) == (3, 60.0, 0)
    assert spec.postgres.pgbouncer
    assert spec.bulkhead.slots == 3


def test_a_step_reads_many_rows_unless_it_says_otherwise():
    assert (step("timeout: 1ms").result, step("timeout: 1ms").write) == ("many", False)
    assert (step("result: one").result, step("write: on").write) == ("one", True)
    assert faults_of(step, "result: on") == ["result: `on` is not `many`, `one` or `value`"]


@pytest.mark.parametrize(
    "setting", ["http2: on", "proxy: http://p", "unix_socket: /run/x", "compression: on"]
)
def test_settings_of_http_do_not_fit(setting):
    key = setting.partition(":")[0]

    assert faults_of(upstream, f"{{ postgres: postgresql://h/d, {setting} }}") == [
        f"`{key}` is for http upstreams, and `db` is a postgres upstream"
    ]


def test_an_upstream_is_one_or_the_other():
    assert faults_of(with_upstream, "{ url: http://h, postgres: postgresql://h/d }") == [
        "`postgres` stands beside `url`; an upstream is of one kind"
    ]
