"""What a call to a database carries."""

from gateway.sources.database.query import Query


class Statement:
    name = "account"
    operation = "SELECT"


def test_a_query_is_told_without_its_values():
    query = Query(Statement(), ("secret", None))

    assert repr(query) == "<Query account with 2 values>"
    assert query.operation == "SELECT"
