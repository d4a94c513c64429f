import pytest

from gateway.config import ConfigError, load

MAIN = "include: [routes/*.yaml]\nupstreams:\n  users: { url: http://127.0.0.1:9101 }\n"
ROUTE = "routes:\n  GET /{}: {{ steps: {{ a: {{ get: users }} }} }}\n"


def write(folder, **files):
    """Writes files (a__b is a/b.yaml) and returns the path of main.yaml."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "main.yaml"


def faults(path, **environ):
    with pytest.raises(ConfigError) as caught:
        load(path, environ)
    return caught.value.faults


def test_included_files_add_upstreams_and_routes(tmp_path):
    path = write(tmp_path, main=MAIN, routes__b=ROUTE.format("b"), routes__a=ROUTE.format("a"))
    loaded = load(path, {})

    assert list(loaded.config.routes) == ["GET /a", "GET /b"]
    assert [file.name for file in loaded.files] == ["main.yaml", "a.yaml", "b.yaml"]


def test_pattern_is_relative_to_the_file_that_says_so(tmp_path):
    main = "include: deep/one.yaml\nupstreams: { users: { url: http://a } }\n"
    path = write(tmp_path, main=main, deep__one="include: two.yaml\n", deep__two=ROUTE.format("two"))

    assert list(load(path, {}).config.routes) == ["GET /two"]


def test_files_that_include_each_other_are_read_once(tmp_path):
    main = "include: [main.yaml, a.yaml]\nupstreams: { users: { url: http://a } }\n"
    path = write(tmp_path, main=main, a="include: [main.yaml, a.yaml]\n" + ROUTE.format("a"))

    assert len(load(path, {}).files) == 2


def test_name_in_two_files_is_a_fault_with_both_places(tmp_path):
    path = write(tmp_path, main=MAIN, routes__a=ROUTE.format("a"), routes__b=ROUTE.format("a"))
    (fault,) = faults(path)

    assert fault.message == "`GET /a` is defined twice"
    assert str(fault.place).endswith("routes/b.yaml:2:3")
    assert str(fault.also[0]).endswith("routes/a.yaml:2:3")


def test_settings_for_everything_belong_in_the_main_file(tmp_path):
    path = write(tmp_path, main=MAIN, routes__a="server: {}\ndefaults: {}\n" + ROUTE.format("a"))

    assert [fault.message.split()[0] for fault in faults(path)] == ["`server`", "`defaults`"]


def test_faults_of_every_file_come_at_once(tmp_path):
    path = write(tmp_path, main=MAIN + "servr: 1\n", routes__a="a: [", routes__b="routes:\n  x: {}\n")
    files = [fault.place.file.name.rsplit("/", 1)[1] for fault in faults(path)]

    assert files == ["main.yaml", "a.yaml", "b.yaml", "b.yaml"]


def test_pattern_may_hold_a_variable(tmp_path):
    main = 'include: "${WHERE}/*.yaml"\nupstreams: { users: { url: http://a } }\n'
    path = write(tmp_path, main=main, there__a=ROUTE.format("a"))

    assert list(load(path, {"WHERE": "there"}).config.routes) == ["GET /a"]
    assert any("`WHERE` is not set" in fault.message for fault in faults(path))


@pytest.mark.parametrize(
    "include", ["nothing/*.yaml", "nothing.yaml", "[a, 5]", "{ a: b }", '"\\0"', ".", "''"]
)
def test_include_that_leads_nowhere_is_a_fault_and_never_more(tmp_path, include):
    path = write(
        tmp_path, main=f"include: {include}\n{ROUTE.format('a')}upstreams: {{ users: {{ url: http://a }} }}\n"
    )

    assert faults(path)[0].place.line == 1


def test_absolute_pattern_is_taken_as_it_is(tmp_path):
    main = f"include: {tmp_path}/other/*.yaml\nupstreams: {{ users: {{ url: http://a }} }}\n"
    path = write(tmp_path, main=main, other__a=ROUTE.format("a"))

    assert list(load(path, {}).config.routes) == ["GET /a"]


def test_anchors_of_included_files_are_their_own(tmp_path):
    path = write(
        tmp_path, main="x-a: &a 1\n" + MAIN, routes__a="x-a: &a { status: 201 }\n" + ROUTE.format("a")
    )

    assert load(path, {}).config.routes["GET /a"].status == 200
