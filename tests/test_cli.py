"""The command says what is wrong and leaves with the exit code that says so too."""

import json
import sys
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from gateway.cli import OPERATOR_VARIABLE, main
from tests.support.processes import ROOT, free_ports, running, until

SOUND = """
upstreams: { users: { url: "${URL:-http://127.0.0.1:1}" } }
routes:
  GET /x: { steps: { a: { get: users } } }
  GET /y: { steps: { a: { get: users } } }
"""
BROKEN = SOUND.replace("get: users }", 'get: "users/{idd}" }', 1)


@pytest.fixture
def gateway(tmp_path):
    """Runs the command on ``sound.yaml`` and ``broken.yaml``; gives exit code, output and complaints."""
    for name, text in (("sound.yaml", SOUND), ("broken.yaml", BROKEN)):
        (tmp_path / name).write_text(text)
    runner = CliRunner(env={OPERATOR_VARIABLE: None, "URL": None})

    def run(*arguments, **env):
        paths = [str(tmp_path / each) if each.endswith(".yaml") else each for each in arguments]
        result = runner.invoke(main, paths, env=env)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.stdout.replace(f"{tmp_path}/", ""), result.stderr

    return run


def test_sound_configuration_is_counted(gateway):
    assert gateway("check", "sound.yaml") == (0, "sound.yaml: sound, 2 routes on 1 upstream\n", "")


def test_faulty_configuration_is_told_with_its_places_and_exit_code_2(gateway):
    code, output, complaint = gateway("check", "broken.yaml")

    assert (code, output) == (2, "")
    assert "broken.yaml:4:40: nothing is called `idd`" in complaint
    assert complaint.endswith("\n1 fault\n")


@pytest.mark.parametrize("command", ["check", "explain", "run"])
def test_missing_file_is_a_fault_like_any_other(gateway, command):
    code, _, complaint = gateway(command, "nowhere.yaml")

    assert code == 2
    assert "No such file" in complaint


def test_configuration_is_read_with_the_environment(gateway):
    code, _, complaint = gateway("check", "sound.yaml", URL="nonsense")

    assert code == 2
    assert "`${URL:-http://127.0.0.1:1}` is not" in complaint
    assert "nonsense" not in complaint


def test_everything_is_explained(gateway):
    code, output, _ = gateway("explain", "sound.yaml")

    assert code == 0
    assert [line for line in output.splitlines() if not line.startswith(" ")] == [
        "server",
        "",
        "upstreams",
        "",
        "GET /x",
        "",
        "GET /y",
    ]


def test_one_route_is_explained_alone(gateway):
    code, output, _ = gateway("explain", "sound.yaml", "GET /y")

    assert code == 0
    assert output.startswith("GET /y\n")
    assert "GET /x" not in output


def test_unknown_route_is_told_with_those_there_are(gateway):
    assert gateway("explain", "sound.yaml", "GET /z") == (
        2,
        "",
        "no route `GET /z`; there are: GET /x, GET /y\n",
    )


def test_schema_is_json_and_describes_routes(gateway):
    code, output, _ = gateway("schema")

    assert code == 0
    assert "routes" in json.loads(output)["properties"]


def test_version_is_the_distributions(gateway):
    code, output, _ = gateway("--version")

    assert code == 0
    assert version("fanin-gateway") in output


def test_help_names_every_command(gateway):
    _, output, _ = gateway("--help")

    assert all(command in output for command in ("run", "demo", "check", "explain", "top", "schema"))


@pytest.mark.parametrize("token", [None, ""])
@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "admin.example"])
def test_admin_listener_for_others_needs_a_token_of_the_operator(gateway, host, token):
    code, _, complaint = gateway("run", "sound.yaml", "--admin-host", host, **{OPERATOR_VARIABLE: token})

    assert code == 2
    assert complaint == f"--admin-host {host} is not loopback: set {OPERATOR_VARIABLE} first\n"


def test_port_out_of_range_is_a_fault_of_the_command_line(gateway):
    assert gateway("run", "sound.yaml", "--port", "70000")[0] == 2


def test_address_that_cannot_be_listened_on_is_told_with_exit_code_1(gateway):
    code, _, complaint = gateway(
        "run", "sound.yaml", "--host", "192.0.2.1", "--port", "0", "--admin-port", "0"
    )

    assert code == 1
    assert complaint.splitlines()[-1].startswith("cannot listen on 192.0.2.1:0: ")


def test_missing_exporter_is_told_with_its_remedy_and_exit_code_1(gateway, monkeypatch):
    # As if it were not installed: a module that is None cannot be imported.
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    code, _, complaint = gateway(
        "run", "sound.yaml", "--port", "0", "--admin-port", "0", OTEL_TRACES_SAMPLER="always_on"
    )

    assert code == 1
    assert complaint.splitlines()[-1] == "traces need an exporter: pip install 'fanin-gateway[otlp]'"


def test_generated_operator_token_is_printed_at_start(tmp_path):
    (tmp_path / "sound.yaml").write_text(SOUND)
    ports = free_ports(2)
    options = ["--port", str(ports[0]), "--admin-port", str(ports[1])]

    with running("-m", "gateway", "run", str(tmp_path / "sound.yaml"), *options, ports=ports) as process:
        first_line = process.stdout.readline()

    assert first_line.startswith("operator token: ")
    until(lambda: process.poll() is not None)


def test_operators_own_token_is_never_printed(tmp_path):
    (tmp_path / "sound.yaml").write_text(SOUND)
    ports = free_ports(2)
    options = ["--port", str(ports[0]), "--admin-port", str(ports[1])]
    env = {OPERATOR_VARIABLE: "s3cret"}

    with running(
        "-m", "gateway", "run", str(tmp_path / "sound.yaml"), *options, ports=ports, env=env
    ) as process:
        process.terminate()
        output = process.stdout.read()

    assert "s3cret" not in output
    assert "operator token" not in output


def test_plans_are_drawn_as_a_picture_and_as_text(gateway):
    code, picture, _ = gateway("explain", "sound.yaml", "--svg")
    assert code == 0
    assert picture.startswith("<svg ")
    assert "GET /y" in picture

    code, text, _ = gateway("explain", "sound.yaml", "GET /x", "--mermaid")
    assert code == 0
    assert text.startswith("flowchart LR\n")
    assert "GET /y" not in text


def test_live_explanation_needs_somebody_to_ask(gateway):
    code, output, complaint = gateway("explain", "sound.yaml", "--live", "--admin", "http://127.0.0.1:1")
    assert (code, output) == (1, "")
    assert complaint.startswith("http://127.0.0.1:1: no answer: ")

    assert gateway("explain", "sound.yaml", "--live", "--admin", "nowhere")[0] == 2


def test_krakend_configuration_is_imported(gateway, tmp_path):
    backend = {"url_pattern": "/b", "host": ["http://127.0.0.1:1"]}
    guarded = {"endpoint": "/b", "backend": [backend], "extra_config": {"auth/validator": {}}}
    document = {"version": 3, "endpoints": [{"endpoint": "/a", "backend": [backend]}, guarded]}
    (tmp_path / "krakend.json").write_text(json.dumps(document))

    code, output, complaint = gateway("import", "krakend", str(tmp_path / "krakend.json"))
    (tmp_path / "imported.yaml").write_text(output)
    assert code == 0
    assert "LEFT OUT" in complaint
    assert gateway("check", "imported.yaml") == (0, "imported.yaml: sound, 1 route on 1 upstream\n", "")

    _, output, complaint = gateway("import", "krakend", str(tmp_path / "krakend.json"), "--allow-unguarded")
    assert "GET /b" in output
    assert "NOT GUARDED" in complaint


def test_openapi_documents_are_imported_to_a_file(gateway, tmp_path):
    paths = {"/a": {"get": {"responses": {"200": {"description": "ok"}}}}}
    document = {"openapi": "3.1.0", "info": {"title": "A"}, "servers": [{"url": "http://a"}], "paths": paths}
    (tmp_path / "a.json").write_text(json.dumps(document))

    code, output, _ = gateway(
        "import", "openapi", str(tmp_path / "a.json"), "-o", str(tmp_path / "drafted.yaml")
    )

    assert (code, output) == (0, "")
    assert gateway("check", "drafted.yaml")[0] == 0


def test_request_is_tried_without_a_server(gateway, tmp_path):
    (tmp_path / "tried.yaml").write_text(SOUND.replace("get: users }", "get: users, example: 7 }", 1))

    code, output, _ = gateway("try", "tried.yaml", "GET /x", "--mock")
    assert code == 0
    assert output.startswith("200 OK\n")
    assert '"a": 7' in output

    code, output, complaint = gateway("try", "tried.yaml", "/y", "--mock", "-H", "x-a: 1", "--json")
    assert (code, output) == (2, "")
    assert "`a` has no example to answer with" in complaint

    code, output, _ = gateway("try", "tried.yaml", "/nowhere", "--json")
    assert code == 1
    assert json.loads(output)["status"] == 404


def test_body_to_try_may_be_a_file(gateway, tmp_path):
    route = '  POST /z: { steps: { a: { post: users, body: "{body}", example: 7 } } }\n'
    (tmp_path / "tried.yaml").write_text(SOUND + route)
    (tmp_path / "body.json").write_text("{}")

    assert gateway("try", "tried.yaml", "/z", "--mock", "-d", f"@{tmp_path}/body.json")[0] == 0
    assert gateway("try", "tried.yaml", "/z", "--mock", "-d", "@nowhere")[0] == 2
    assert gateway("try", "tried.yaml", "nonsense")[0] == 2
    assert gateway("try", "broken.yaml", "/x")[0] == 2


def test_configuration_of_the_project_itself_can_be_tried():
    tried = CliRunner(env={OPERATOR_VARIABLE: None}).invoke(
        main, ["try", str(ROOT / "config" / "gateway.yaml"), "GET /user/profile/42", "--mock", "--json"]
    )

    assert tried.exit_code == 0, tried.output
    assert all(step["outcome"] == "live" for step in json.loads(tried.stdout)["steps"])
