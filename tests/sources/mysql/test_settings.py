"""Where a MySQL is, told without what nobody should see."""

from gateway.sources.mysql.settings import MysqlSettings


def test_a_dsn_is_taken_apart():
    settings = MysqlSettings(dsn="mysql://app:se%40cret@db:3307/my%2Fshop")

    assert settings.login == {
        "host": "db",
        "port": 3307,
        "user": "app",
        "password": "se@cret",
        "database": "my/shop",
    }
    assert settings.address == "db:3307/my%2Fshop"
    assert repr(settings) == "<MysqlSettings db:3307/my%2Fshop>"


def test_what_a_dsn_leaves_out_has_its_usual_value():
    login = MysqlSettings(dsn="mysql://db").login

    assert (login["port"], login["user"], login["password"], login["database"]) == (3306, "", "", None)
