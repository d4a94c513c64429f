"""Where the demo's programs lie."""

from gateway.demo.programs import (
    POSTGRES_VARIABLE,
    postgres_programs,
    postgres_url,
    valkey_program,
    valkey_url,
)


def test_programs_of_the_wheels_are_found():
    assert (postgres_programs() / "initdb").is_file()
    assert (postgres_programs() / "postgres").is_file()
    assert valkey_program().is_file()


def test_addresses_are_those_that_the_gateway_reads():
    assert postgres_url(5) == "postgresql://postgres@127.0.0.1:5/postgres"
    assert valkey_url(5) == "redis://127.0.0.1:5/0"
    assert POSTGRES_VARIABLE == "DEMO_POSTGRES_BIN"
