import pytest

from gateway.config import ConfigError, load, load_text
from tests.config.sample import ROOT, UPSTREAMS

GOOD = UPSTREAMS + "routes: { GET /a: { steps: { a: { get: users } } } }\n"


def faults(path):
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    return [str(fault) for fault in caught.value.faults]


def test_profile_of_the_design_loads():
    config = load(ROOT / "config/gateway.yaml", {}).config
    route = config.routes["GET /user/profile/{user_id:int}"]

    assert {name: upstream.kind for name, upstream in config.upstreams.items()} == {
        "users": "http",
        "orders": "http",
        "recs": "http",
        "accounts": "postgres",
        "sessions": "redis",
        "scores": "http",
    }
    assert config.upstreams["orders"].timeout == 0.3
    assert list(route.steps)[:3] == ["basic_info", "order_summary", "recommendations"]
    assert set(list(route.steps)[3:]) == {"session", "score", "account"}
    assert route.time_limit == 1.0
    assert route.steps["basic_info"].required is True
    assert route.steps["recommendations"].fallback == []
    assert route.respond == {"user_id": "{user_id}", "profile": "{steps}"}


def test_profile_takes_addresses_from_the_environment():
    assert (
        load(ROOT / "config/gateway.yaml", {"USERS_URL": "http://u"}).config.upstreams["users"].url
        == "http://u"
    )


@pytest.mark.parametrize("example", ["config/every-key.yaml", "config/split.yaml"])
def test_example_loads(example):
    assert load(ROOT / example, {}).config.routes


def test_files_that_were_read_are_named(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD)

    assert load(path, {}).files == (path,)
    assert load_text(GOOD, {}).files == ()


def test_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())

    assert load(path, {}).config.routes


def test_missing_file_is_a_config_error(tmp_path):
    path = tmp_path / "missing.yaml"

    assert faults(path) == [f"{path}:1:1: cannot read `{path}`: No such file or directory"]


def test_folder_is_a_config_error(tmp_path):
    assert faults(tmp_path)[0].endswith("Is a directory")


def test_name_that_no_file_can_have_is_a_config_error():
    assert "cannot read" in faults("a\0b")[0]
    assert "cannot read" in faults("x" * 5000)[0]


def test_file_that_is_not_utf8_is_a_config_error(tmp_path):
    path = tmp_path / "latin1.yaml"
    path.write_bytes("upstreams: {} # Ü".encode("latin-1"))

    assert "is not UTF-8 text (byte 16)" in faults(path)[0]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n", "[]\n", "5\n", "a\n"])
def test_document_without_a_mapping_is_a_config_error(text):
    with pytest.raises(ConfigError):
        load_text(text, {})


def test_environment_is_the_processs_own_if_none_is_given(monkeypatch):
    monkeypatch.setenv("GATEWAY_TEST_URL", "http://from-the-environment")
    text = GOOD.replace("http://127.0.0.1:9101", '"${GATEWAY_TEST_URL}"')

    assert load_text(text).config.upstreams["users"].url == "http://from-the-environment"


def test_values_taken_from_the_environment_are_known_by_name():
    routes = "routes: { GET /x: { steps: { a: { get: u } } } }\n"
    text = 'upstreams: { u: { url: "${URL}", timeout: "${T:-1s}" } }\n' + routes

    loaded = load_text(text, {"URL": "http://secret.example", "OTHER": "no"})

    assert loaded.secrets == {"URL": "http://secret.example"}
