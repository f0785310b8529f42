"""Exports, run as the servers that they are for, behind the same cases as every other carrier."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import guard_exports
import pytest
from cases.case import Case
from click.testing import CliRunner
from export_differences import DIFFERENCES
from guard_contracts import SHOP, contract
from guard_exports import HAPROXY, MODULES, NGINX, SUITE, difference, envoy_program, user, written
from guard_upstream import Upstream, upstream
from guard_wide import wide_contract
from lua_engines import ENGINES as LUA

from batten.cli import main
from batten.contract import Contract, load
from batten.formats import Workspace
from batten.guard.export import ExportProblem, envoy, haproxy, kong, nginx
from batten.guard.export.routes import routes
from batten.harden.options import Options
from batten.policy import Policy
from batten.policy.leniency import Leniency
from batten.policy.load import load_policy
from needs import needs

ORDERS = Path(__file__).parents[2] / "examples/orders"
HEADER = "POST /v1/orders 201: header Location"
IMAGE = "GET /images/{name} 200 image/svg+xml: the body"
needs_nginx = needs("nginx with its Lua module", NGINX)
needs_envoy = needs("envoy", envoy_program())
needs_haproxy = needs("haproxy", HAPROXY)
ENGINES = [
    pytest.param("nginx", marks=needs_nginx),
    pytest.param("envoy", marks=needs_envoy),
    pytest.param("haproxy", marks=needs_haproxy),
]
Running = tuple[str, int, Upstream]


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    start = getattr(guard_exports, f"exported_{request.param}")
    with upstream() as behind, start(tmp_path_factory.mktemp(request.param), behind.port) as port:
        yield request.param, port, behind


@pytest.mark.parametrize("case", SUITE, ids=lambda case: case.name)
def test_case(engine: Running, case: Case) -> None:
    name, port, behind = engine
    found = difference(port, behind, case, case.name in DIFFERENCES[name])
    if case.name in DIFFERENCES[name]:
        assert found, f"{name} does as the guard now: take it off the list"
        pytest.xfail(f"{name} {DIFFERENCES[name][case.name]}")
    assert found == ""


@pytest.mark.parametrize("name", ["nginx", "envoy", "haproxy", "kong"])
def test_listed_differences_are_cases(name: str) -> None:
    assert DIFFERENCES[name].keys() <= {case.name for case in SUITE}


def _orders() -> tuple[Contract, Policy]:
    return load(Workspace(ORDERS), "openapi.yaml")[0], load_policy(ORDERS / "batten.yaml")


@needs_nginx
@pytest.mark.parametrize("secure", [True, False])
def test_nginx_takes_the_example(tmp_path: Path, secure: bool) -> None:
    read, policy = _orders()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=a",
         "-keyout", str(tmp_path / "k.pem"), "-out", str(tmp_path / "c.pem")], check=True, capture_output=True,
    )  # fmt: skip
    options = Options(
        prefix=str(tmp_path), user=user(), certificate=str(tmp_path / "c.pem"), key=str(tmp_path / "k.pem")
    )
    made = written(nginx.export(read, policy, options, nginx.Place(str(tmp_path), MODULES, secure)), tmp_path)
    assert made.notes == (HEADER, IMAGE)
    command = [NGINX, "-t", "-p", f"{tmp_path}/", "-c", str(tmp_path / nginx.CONFIGURATION)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@needs_envoy
def test_envoy_takes_the_example(tmp_path: Path) -> None:
    read, policy = _orders()
    written(envoy.export(read, policy, Options(listen="127.0.0.1:9"), str(tmp_path), secure=False), tmp_path)
    command = [envoy_program(), "--mode", "validate", "-c", str(tmp_path / envoy.CONFIGURATION)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2_000:]


@needs_haproxy
def test_haproxy_takes_the_example(tmp_path: Path) -> None:
    read, policy = _orders()
    made = written(
        haproxy.export(read, policy, Options(listen="127.0.0.1:9"), str(tmp_path), secure=False), tmp_path
    )
    assert made.notes == (
        HEADER,
        IMAGE,
        "GET /v1/gift-options: its answers are not padded: HAProxy cannot lengthen a body",
    )
    done = subprocess.run(
        [HAPROXY, "-c", "-f", str(tmp_path / haproxy.CONFIGURATION)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("engine", [nginx, envoy, haproxy])
def test_no_upgrade_is_forwarded_which_a_note_says(engine: object, tmp_path: Path) -> None:
    answer = {"responses": {"101": {"description": "a WebSocket"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "a", "version": "1"},
        "paths": {"/live": {"get": answer}},
    }
    read, _ = load(Workspace(tmp_path, {"openapi.json": json.dumps(document)}), "openapi.json")
    policy = Policy(hosts=("a.example",), leniency=Leniency(websockets=("/rooms",)))
    if engine is nginx:
        made = nginx.export(read, policy, Options(), nginx.Place(str(tmp_path)))
    else:
        exports = envoy if engine is envoy else haproxy
        made = exports.export(read, policy, Options(), str(tmp_path))
    assert [note for note in made.notes if note.startswith("the WebSocket of GET /live and 1 more: ")]
    assert "websocket" not in "".join(made.files.values()).replace(made.notes[0], "")


KONG = {  # what Kong documents of the configuration of its plugins, as far as the export uses it
    "post-function": {"access", "header_filter", "body_filter"},
    "cors": {
        "origins",
        "methods",
        "headers",
        "exposed_headers",
        "credentials",
        "max_age",
        "preflight_continue",
    },
    "request-size-limiting": {"allowed_payload_size", "size_unit"},
    "request-transformer": {"remove"},
    "response-transformer": {"remove", "replace", "add"},
}
KONG_VERBS = {"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT"}


def test_kong_is_configured_as_it_documents() -> None:
    read, policy = _orders()
    made = json.loads(kong.export(read, policy, Options()).files[kong.CONFIGURATION])
    assert made["_format_version"] == "3.0" and made.keys() <= {"_format_version", "_comment", "services"}
    (service,) = made["services"]
    plugins = [*service["plugins"], *(plugin for route in service["routes"] for plugin in route["plugins"])]
    for plugin in plugins:
        assert plugin["config"].keys() <= KONG[plugin["name"]]
        if plugin["name"] == "cors":
            assert set(plugin["config"]["methods"]) <= KONG_VERBS
            assert plugin["config"]["headers"], "an empty list grants whatever is asked for"
        if plugin["name"] == "response-transformer":
            assert all(":" in pair for pair in plugin["config"]["add"]["headers"])
    assert all(
        path.startswith("~/") and path.endswith("$") for route in service["routes"] for path in route["paths"]
    )


@needs("luajit", LUA)
def test_kong_gets_lua_that_can_be_read(tmp_path: Path) -> None:
    """There is no Kong to run here: its configuration is looked at, and its Lua is parsed."""
    read, policy = _orders()
    made = written(kong.export(read, policy, Options()), tmp_path)
    (service,) = json.loads(made.files[kong.CONFIGURATION])["services"]
    assert len(service["routes"]) == 7
    assert {plugin["name"] for route in service["routes"] for plugin in route["plugins"]} == {
        "post-function",
        "response-transformer",  # of its image
        "cors",
    }
    subprocess.run([LUA[0], "-b", str(tmp_path / kong.MODULE), str(tmp_path / "out")], check=True)


def test_the_command_writes_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    command = [
        "guard",
        "export",
        "haproxy",
        "--contract",
        str(ORDERS / "openapi.yaml"),
        "--output",
        str(tmp_path / "made"),
    ]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    assert "not enforced: GET /v1/gift-options" in done.output and (tmp_path / "made/haproxy.cfg").exists()
    assert CliRunner().invoke(main, command).exit_code != 0  # the folder is not empty


def _checked(name: str, folder: Path) -> list[str]:
    conf = str(folder / {"nginx": nginx, "envoy": envoy, "haproxy": haproxy}[name].CONFIGURATION)
    if name == "nginx":
        return [NGINX, "-t", "-p", f"{folder}/", "-c", conf]
    return (
        [envoy_program(), "--mode", "validate", "-c", conf]
        if name == "envoy"
        else [HAPROXY, "-c", "-f", conf]
    )


@pytest.mark.parametrize("name", ENGINES)
def test_a_large_contract_stays_small(tmp_path: Path, name: str) -> None:
    """Each schema is there once; 1,200 operations come to 4.8 MB for Envoy, whose scripts are the most."""
    text = json.dumps(wide_contract(operations=300, schemas=100))
    read, _ = load(Workspace(Path(), {"openapi.json": text}), "openapi.json")
    options = Options(listen="127.0.0.1:9", plain="", names=("localhost",), prefix=str(tmp_path), user=user())
    match name:
        case "nginx":
            made = nginx.export(read, Policy(), options, nginx.Place(str(tmp_path), MODULES, secure=False))
        case "envoy":
            made = envoy.export(read, Policy(), options, str(tmp_path), secure=False)
        case _:
            made = haproxy.export(read, Policy(), options, str(tmp_path), secure=False)
    written(made, tmp_path)
    assert sum(map(len, made.files.values())) < 1_500_000  # as one text for each operation it was 15 MB
    done = subprocess.run(_checked(name, tmp_path), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2_000:]


def test_exports_are_the_same_each_time() -> None:
    policy = Policy(origins=(SHOP,), hosts=("api.example.com",))
    place = nginx.Place("/etc/nginx")
    assert nginx.export(contract(), policy, Options(), place) == nginx.export(
        contract(), policy, Options(), place
    )


def test_what_is_left_out_is_named() -> None:
    text = """\
openapi: 3.1.0
info: {title: A, version: "1"}
paths:
  /a:
    get: {responses: {"200": {description: a, content: {application/json: {schema: {type: string, format: email, pattern: '\\ba'}}}}}}
"""
    read, _ = load(Workspace(Path(), {"openapi.yaml": text}), "openapi.yaml")
    made = nginx.export(read, Policy(hosts=("a.example",)), Options(), nginx.Place("/etc/nginx"))
    assert made.notes == (
        "GET /a 200 application/json: format 'email'",
        "GET /a 200 application/json: pattern '\\\\ba' (\\b)",
    )
    assert all(
        note in made.files[nginx.CONFIGURATION] and note in made.files[nginx.MODULE] for note in made.notes
    )


def test_a_contract_without_operations_is_not_exported() -> None:
    read, _ = load(
        Workspace(Path(), {"openapi.yaml": "openapi: 3.1.0\ninfo: {title: A, version: '1'}\npaths: {}\n"}),
        "openapi.yaml",
    )
    with pytest.raises(ExportProblem):
        routes(read, Policy())
