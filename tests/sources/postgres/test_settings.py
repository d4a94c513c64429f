"""Where a PostgreSQL is, told without what nobody should see."""

import pytest

from gateway.sources.postgres.settings import PostgresSettings


@pytest.mark.parametrize(
    ("dsn", "address"),
    [
        ("postgresql://app:secret@db:5433/shop?sslmode=require", "db:5433/shop"),
        ("postgres://app:se%40cret@a:1,b:2/shop", "a:1,b:2/shop"),
        ("postgresql:///shop?host=/run/pg&password=secret&user=app", "/run/pg/shop"),
        ("postgresql://app:a@secret@db/shop", "db/shop"),
        ("postgresql://", ""),
    ],
)
def test_an_address_has_neither_user_nor_password_nor_options(dsn, address):
    settings = PostgresSettings(dsn=dsn)

    assert settings.address == address
    assert repr(settings) == f"<PostgresSettings {address}>"
