"""Foreign files are read with places, whatever they hold."""

import pytest

from gateway.importing.foreign import UnreadableError, parsed, read_foreign

JSON = '{\n\t"endpoints": [\n\t\t{ "endpoint": "/a", "n": 2, "yes": true, "list": ["x", 3, "y"] }\n\t]\n}'


def test_values_know_their_way_and_their_place():
    at = parsed(JSON, "krakend.json")["endpoints"][0]["list"][2]

    assert (at.text, at.path, str(at.place)) == ("y", "endpoints[0].list[2]", "krakend.json:3:61")


def test_json_may_be_indented_with_tabs_and_columns_count_characters():
    assert str(parsed(JSON, "k.json")["endpoints"].place) == "k.json:2:2"


def test_what_is_missing_is_false_and_stands_where_it_is_missing():
    at = parsed(JSON, "k.json")["endpoints"][0]["backend"][4]["url"]

    assert not at
    assert (at.value, at.text, at.number, at.flag) == (None, "", None, False)
    assert (at.texts, list(at.items()), list(at.members())) == ([], [], [])
    assert at.path == "endpoints[0].backend[4].url"
    assert at.place == parsed(JSON, "k.json")["endpoints"][0].place


def test_values_of_another_kind_are_as_if_they_were_not_there():
    endpoint = parsed(JSON, "k.json")["endpoints"][0]

    assert endpoint["n"].text == ""
    assert endpoint["endpoint"].number is None
    assert endpoint["yes"].number is None
    assert endpoint["list"].texts == ["x", "y"]
    assert endpoint["endpoint"].texts == ["/a"]
    assert endpoint["n"]["deeper"].value is None


def test_old_and_new_names_are_asked_for_together():
    root = parsed('{"whitelist": ["a"]}', "k.json")

    assert root.first("allow", "whitelist").texts == ["a"]
    assert root.first("deny", "blacklist").path == "deny"


def test_keys_that_are_no_words_are_quoted_in_the_path():
    assert parsed('{"a": {"b/c": 1}}', "k.json")["a"]["b/c"].path == 'a["b/c"]'


def test_yaml_and_toml_are_read_too():
    assert parsed("endpoints:\n  - { endpoint: /a }\n", "k.yaml")["endpoints"][0]["endpoint"].text == "/a"
    toml = parsed('[[endpoints]]\nendpoint = "/a"\nnumber = 3\n', "k.toml")["endpoints"][0]
    assert (toml["endpoint"].text, toml["number"].number) == ("/a", 3)
    assert toml["endpoint"].path == "endpoints[0].endpoint"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("k.json", '{"a": 1,, }', "k.json:1:9"),
        ("k.json", '{"a": 1, "a": 2}', "`a` stands here twice"),
        ("k.json", '{"a": {{ template "x" }} }', "if it is a template, render it first"),
        ("k.json", "", "the file is empty"),
        ("k.toml", "= 3", "k.toml: "),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(name, text, told):
    with pytest.raises(UnreadableError) as raised:
        parsed(text, name)

    assert told in str(raised.value)


def test_missing_and_foreign_bytes_are_told(tmp_path):
    with pytest.raises(UnreadableError, match="No such file"):
        read_foreign(tmp_path / "nowhere.json")
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(UnreadableError, match="not UTF-8"):
        read_foreign(tmp_path / "latin.json")


def test_byte_order_mark_is_no_part_of_it(tmp_path):
    (tmp_path / "bom.json").write_bytes(b'\xef\xbb\xbf{"a": "b"}')

    assert read_foreign(tmp_path / "bom.json")["a"].text == "b"
