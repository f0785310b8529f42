"""What README.md, docs/commands.md, the list in docs/coverage.md and the shell blocks of the documentation say is so: commands run, numbers and lists are those of the code."""

from __future__ import annotations

import importlib.util
import json
import os
import pty
import re
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import yaml

from batten.cli import COMMANDS, main
from batten.engine.outcome import ExitCode
from batten.engine.review import read, review
from batten.facts import Api, Fact, MessageServer, PodNetwork
from batten.formats import Workspace
from batten.guard.asgi import Guard
from batten.policy import Policy
from batten.reports import FORMATS
from batten.technologies import technologies
from batten.technologies.shared.stores.names import _IMAGES, _WORDS
from servers import free_port

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS_PAGE = (ROOT / "docs" / "commands.md").read_text()
COVERAGE = (ROOT / "docs" / "coverage.md").read_text()
DOCS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
EXAMPLE = ROOT / "examples" / "orders"


def what_it_reads() -> str:
    """The list in docs/coverage.md, on one line."""
    found = re.search(r"^## What it reads\n(.*?)(?=^## |\Z)", COVERAGE, re.M | re.S)
    assert found is not None
    return " ".join(found[1].split())


def shell(path: Path) -> Iterator[str]:
    """The commands of a page's shell blocks, without comments."""
    for block in re.findall(r"```sh\n(.*?)```", path.read_text(), re.S):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            command = re.sub(r"\s+#.*", "", line).strip()
            if command:
                yield command


def batten(
    *words: str, folder: Path, stdin: int | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    source = str(ROOT / "src")
    return subprocess.run(
        [sys.executable, "-m", "batten", *words],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", "PYTHONPATH": source, **more},
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example that runs nowhere: its addresses are ports on which nothing listens."""
    folder = tmp_path_factory.mktemp("readme") / "orders"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".run", ".batten", "__pycache__"))
    policy = folder / "batten.yaml"
    for port in (8443, 8080, 6390):
        policy.write_text(policy.read_text().replace(f":{port}", f":{free_port()}"))
    return folder


# The block of docs/commands.md for one's own API: what each line exits with, in the example.
USE = {
    "batten review": 1,
    "batten fix --diff": 1,  # findings that count are left
    "batten init": 2,  # the example has a batten.yaml
    "batten trust": 0,
    "batten check": 1,
    "batten explain hsts-sent": 0,
}


def test_the_commands_of_the_readme_are_those_that_run() -> None:
    makes = ["make demo", "make test"]
    assert list(shell(ROOT / "README.md")) == makes
    assert set(shell(ROOT / "docs" / "commands.md")) - {"pip install ."} == set(USE)
    assert set(makes) <= {
        f"make {target}" for target in re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M)
    }


def test_the_finding_of_the_readme_is_what_the_example_shows(orders: Path) -> None:
    ((line, shown),) = re.findall(r"```console\n\$ (.*?)\n(.*?)```", README, re.S)
    found = batten(*shlex.split(line)[1:], folder=orders, COLUMNS="110").stdout
    with_ports = re.sub(r"(0\.0\.0\.0:)\d+", r"\g<1>8443", found)  # the fixture's ports are free ones
    assert with_ports.startswith(shown)


def test_the_readme_is_one_page() -> None:
    assert len(README.splitlines()) <= 70


def test_a_version_of_the_changelog_is_one_page() -> None:
    versions = re.split(r"(?m)^## ", (ROOT / "CHANGELOG.md").read_text())[1:]
    assert {one.split()[0]: len(one.split()) for one in versions if len(one.split()) > 700} == {}


@pytest.mark.parametrize("line", USE)
def test_each_command_for_ones_own_api_runs(line: str, orders: Path) -> None:
    ours, theirs = pty.openpty()  # `batten trust` asks, and only on a terminal
    os.write(ours, b"y\n")
    try:
        done = batten(*shlex.split(line)[1:], folder=orders, stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == USE[line], done.stdout[-2000:] + done.stderr[-2000:]
    assert "Traceback" not in done.stderr


def test_init_writes_what_the_page_says(orders: Path, tmp_path: Path) -> None:
    copy = tmp_path / "orders"
    shutil.copytree(orders, copy)
    (copy / "batten.yaml").unlink()
    assert batten("init", folder=copy).returncode == 0
    written = yaml.safe_load((copy / "batten.yaml").read_text())
    assert written["environments"] and written["origins"] and written["contract"] == "openapi.yaml"


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words begin with, and the rest of them."""
    command: click.Command = main
    while isinstance(command, click.Group) and words:
        context = click.Context(command)
        found = command.get_command(context, words[0])
        if found is None:
            break
        command, words = found, words[1:]
    return command, words


def options_of(command: click.Command) -> set[str]:
    return {opt for p in command.params for opt in (*p.opts, *p.secondary_opts)} | {"--help"}


def test_the_table_of_commands_is_complete() -> None:
    rows = re.findall(r"^\| (`batten .*?) \| (.*) \|$", COMMANDS_PAGE, re.M)
    named = {word for first, _ in rows for word in re.findall(r"`batten (\w+)", first)}
    assert named | {"init"} == set(COMMANDS)
    for first, rest in rows:
        own = {o for name in re.findall(r"`batten (\w+)", first + rest) for o in _all_options(name)}
        assert set(re.findall(r"--[\w-]+", first + rest)) <= own, first
    (guard,) = (first for first, _ in rows if "guard" in first)
    group, _ = command_of(["guard"])
    assert isinstance(group, click.Group)
    assert set(re.findall(r"\w+", guard)) - {"batten", "guard"} == set(
        group.list_commands(click.Context(group))
    )


def _all_options(name: str) -> set[str]:
    command, _ = command_of([name])
    return options_of(command)


def test_every_option_that_the_documentation_names_exists() -> None:
    """Of commands between backquotes and in shell blocks, in every page."""
    for path in DOCS:
        quoted = re.findall(r"`(batten [^`]+)`", " ".join(path.read_text().split()))
        for line in (*quoted, *(one for one in shell(path) if one.startswith("batten "))):
            command, rest = command_of(re.split(r"[\s=]+", line.partition(">")[0].partition("&&")[0])[1:])
            named = {word for word in rest if re.fullmatch(r"--[a-z][\w-]*", word)}
            assert named <= options_of(command) or isinstance(command, click.Group), f"{path.name}: {line}"


def test_formats() -> None:
    (listed,) = re.findall(r"Reports: `--format ([a-z|]+)`", COMMANDS_PAGE)
    assert tuple(listed.split("|")) == FORMATS


def test_exit_codes(tmp_path: Path) -> None:
    (listed,) = re.findall(r"Exit codes: (.*?)\.", " ".join(COMMANDS_PAGE.split()))
    assert [int(code) for code in re.findall(r"\d", listed)] == [code.value for code in ExitCode]
    compose = tmp_path / "compose.yaml"
    compose.write_text("services: {cache: {image: 'redis:7', ports: ['6379:6379']}}\n")
    codes = [
        batten("review", "--gate", "critical", "compose.yaml", "--exit-zero", folder=tmp_path),
        batten("review", folder=tmp_path),
        batten("review", "--no-such-option", folder=tmp_path),
    ]
    compose.unlink()
    codes.append(batten("review", folder=tmp_path))
    assert [done.returncode for done in codes] == [0, 1, 2, 3]


# Technologies that docs/coverage.md calls otherwise than by their title.
READ = {
    "aspnet": "ASP.NET Core",
    "express": "Express",
    "rails": "Ruby on Rails with Puma",
    "asyncapi": "AsyncAPI 2 and 3",
    "cloudformation": "CloudFormation and SAM",
    "docker": "the Docker daemon",
    "devcontainer": "development containers",
    "packages": "manifests and lock files of package managers",
    "environment": "environment files and shell histories",
    "credential_files": "credential files, private keys and dumps",
    "helm": "Helm charts",
    "kong": "Kong",
    "kubernetes": "Kubernetes manifests",
    "openapi": "OpenAPI 2.0 to 3.2",
    "pulumi": "Pulumi",
    "redis": "redis and valkey",
    "sbom": "bills of materials",
    "shell": "shell scripts",
    "system_packages": "packages of operating systems",
    "systemd": "systemd units",
    "terraform": "Terraform and OpenTofu",
    "cassandra": "Cassandra",
    "couchdb": "CouchDB",
    "kafka": "Kafka",
    "keycloak": "Keycloak's realms",
    "memcached": "memcached",
    "mosquitto": "Mosquitto",
    "zookeeper": "ZooKeeper",
}


@pytest.mark.parametrize("name", sorted(technologies()))
def test_every_technology_is_listed(name: str) -> None:
    phrase = READ.get(name, technologies()[name].title)
    assert phrase in what_it_reads(), f'docs/coverage.md, "What it reads": name {name} as `{phrase}`'


def test_no_other_technology_is_listed() -> None:
    assert set(READ) <= set(technologies())


def facts_of(folder: Path, name: str, text: str) -> list[Fact]:
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    result = read(Workspace(folder), Policy())
    assert result.problems == []
    return result.facts


@pytest.mark.parametrize("version", ["2.0", "3.0.0", "3.0.4", "3.1.0", "3.1.1", "3.2.0"])
def test_versions_of_openapi(version: str, tmp_path: Path) -> None:
    key = "swagger" if version == "2.0" else "openapi"
    text = f'{key}: "{version}"\ninfo: {{title: T, version: "1"}}\npaths: {{}}\n'
    assert [f.version for f in facts_of(tmp_path, "api.yaml", text) if isinstance(f, Api)] == [version]


@pytest.mark.parametrize("version", ["2.0.0", "2.6.0", "3.0.0"])
def test_versions_of_asyncapi(version: str, tmp_path: Path) -> None:
    server = (
        "{url: broker.example.com, protocol: amqp}"
        if version < "3"
        else "{host: broker.example.com, protocol: amqp}"
    )
    text = f"asyncapi: {version}\ninfo: {{title: T, version: '1'}}\nservers: {{main: {server}}}\nchannels: {{}}\n"
    assert any(isinstance(f, MessageServer) for f in facts_of(tmp_path, "asyncapi.yaml", text))


META = "metadata: {name: a}\n"
KINDS = {
    "Deployment": f"apiVersion: apps/v1\nkind: Deployment\n{META}spec: {{template: {{spec: {{containers: [{{name: a, image: b}}]}}}}}}\n",
    "Service": f"apiVersion: v1\nkind: Service\n{META}spec: {{type: LoadBalancer, ports: [{{port: 80}}]}}\n",
    "Ingress": f"apiVersion: networking.k8s.io/v1\nkind: Ingress\n{META}spec: {{rules: [{{host: a.example.com}}]}}\n",
    "IngressRoute": f"apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\n{META}spec: {{entryPoints: [web], routes: []}}\n",
    "Gateway": f"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n{META}spec: {{listeners: [{{name: a, port: 80, protocol: HTTP}}]}}\n",
    "ClusterRole": f"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n{META}rules: [{{apiGroups: ['*'], resources: ['*'], verbs: ['*']}}]\n",
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_kubernetes(kind: str, tmp_path: Path) -> None:
    assert facts_of(tmp_path, "objects.yaml", KINDS[kind])


def test_network_policies(tmp_path: Path) -> None:
    pods = (
        f"apiVersion: apps/v1\nkind: Deployment\n{META}spec:\n  template:\n"
        "    spec: {containers: [{name: a, image: b, ports: [{containerPort: 80}]}]}\n"
    )
    policy = f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n{META}spec: {{podSelector: {{}}, ingress: []}}\n"
    without = facts_of(tmp_path / "without", "objects.yaml", pods)
    covered = facts_of(tmp_path / "with", "objects.yaml", f"{pods}---\n{policy}")
    assert [f.open for f in without if isinstance(f, PodNetwork)] == [("a",)]
    assert [f.open for f in covered if isinstance(f, PodNetwork)] == [()]


def test_how_many_stores() -> None:
    (said,) = re.findall(r"some (\d+) other stores", what_it_reads())
    known = {*_WORDS.values(), *_IMAGES.values()}
    others = (
        known - set(technologies()) - {"valkey", "mariadb", "apache-cassandra"}
    )  # files of one product are of the other, too
    assert abs(len(others) - int(said)) <= 2, sorted(others)


# What docs/coverage.md says is not read, as a file of it.
UNREAD = {
    "Symfony": ("config/packages/framework.yaml", "framework:\n  csrf_protection: false\n"),
    "Tomcat": ("conf/tomcat-users.xml", "<tomcat-users>\n</tomcat-users>\n"),
    "Azure": (
        "main.bicep",
        "resource a 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: 'a'\n}\n",
    ),
    "Jenkins": ("Jenkinsfile", "pipeline { agent any }\n"),
}


def test_what_is_not_read_is_named_in_every_report(tmp_path: Path) -> None:
    (listed,) = re.findall(r"is \*not\* read \((.*?) …\)", what_it_reads())
    assert [name.strip("`") for name in listed.split(", ")] == list(UNREAD)
    for path, text in UNREAD.values():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    done = batten("review", "--format", "json", folder=tmp_path)
    assert done.returncode == 3, "where nothing was assessed there is no pass"
    unread = {one["path"] for one in json.loads(done.stdout)["ledger"]["unread"]}
    assert unread == {path for path, _ in UNREAD.values()}
    terminal = batten("review", "--verbose", folder=tmp_path).stdout
    assert [path for path in unread if path not in terminal] == []


def test_the_waiver_of_the_page_is_one(tmp_path: Path) -> None:
    (line,) = re.findall(r"```nginx\n(.*?)```", COMMANDS_PAGE, re.S)
    text = (
        "events {}\nhttp {\n    server_tokens on;\n    server { listen 80; location / { return 204; } }\n}\n"
    )
    (tmp_path / "nginx.conf").write_text(text)
    assert _counting(tmp_path) == 1
    (tmp_path / "nginx.conf").write_text(text.replace("server_tokens on;", line.strip()))
    assert _counting(tmp_path) == 0


def _counting(folder: Path) -> int:
    found = review(Workspace(folder), Policy(today=date(2026, 11, 30))).findings
    return sum(f.control == "banner-hidden" and f.suppression is None for f in found)


def test_what_both_commands_need() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    (needed,) = re.findall(r'requires-python = ">=([\d.]+)"', project)
    assert f"Python {needed} or newer" in README
    compose = (EXAMPLE / "compose.yaml").read_text() + (EXAMPLE / "batten.yaml").read_text()
    (ports,) = re.findall(r"on loopback \(ports ([\d, ]+)\)", " ".join(README.split()))
    assert [port for port in ports.split(", ") if port not in compose] == []


def test_the_guard_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLE)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nothing is requested")

    assert '`app = Guard(app, contract="openapi.yaml")`' in README
    assert callable(Guard(app, contract="openapi.yaml"))


LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_links_lead_to_files(path: Path) -> None:
    assert [link for link in LINK.findall(path.read_text()) if not (path.parent / link).exists()] == []


# Shell lines of other pages: the exit code in a copy of the example, or the test that runs the like.
PAGES = {
    "batten harden nginx --contract openapi.yaml --output edge --upstream http://127.0.0.1:8000": 0,
    "batten harden nginx --contract openapi.yaml --output edge --prove --report proof.md": "engine/hardening/test_proving.py",
    "batten harden nginx --contract openapi.yaml --output edge --trusted-proxy 10.20.0.0/16": 0,
    "batten harden kubernetes --output k8s --trusted-proxy 10.244.0.0/16 --entry gateway --entry-class eg --entry-namespace envoy-gateway-system": "harden/test_kubernetes_entry.py",
    "batten harden kubernetes --output k8s --trusted-proxy 10.244.0.0/16 --entry gateway --gateway infra/public/https/http --entry-namespace infra": "harden/test_kubernetes_entry.py",
    "batten harden kubernetes --output k8s --trusted-proxy 10.244.0.0/16 --entry ingress --entry-class haproxy --entry-controller haproxy-ingress --entry-namespace haproxy": "harden/test_kubernetes_entry.py",
    "batten harden nginx --contract openapi.yaml --output edge --name api.example.com --listen 443 --plain 80 --acme --acme-email ops@example.com": 0,
    "batten harden --check edge": "engine/hardening/test_drift.py",
    "batten harden --verify proof.json --output edge": "engine/hardening/test_proof_report.py",
    "batten harden contract --contract openapi.yaml --output served": 1,  # a response that shows its choice by its size
    "batten harden --from .": 1,
    "batten harden --from . -e staging": "harden/test_plan_command.py",
    "batten harden --from . --next": "harden/test_plan_command.py",
    "batten harden image --from . --output image": 2,  # the requirements have no hashes
    "batten harden compose --from . --output hardened": 2,  # no digest of the API's image is known
    "batten review": 1,
    "batten review --format concise": 1,
    "batten review --format terminal --format sarif --output x.sarif": 1,
    "batten review -q --gate high && deploy": 1,
    "batten guard grpc envoy --methods orders.proto --upstream http://127.0.0.1:50051 --output edge": "guard/test_grpc.py",
    "batten guard report --traffic traffic.db": "guard/test_apps_learnt.py",
    "batten guard learn --traffic traffic.db --output learnt.yaml": "guard/test_apps_learnt.py",
    "batten logs /var/log/nginx/access.log*": "logs/test_servers.py",
    "batten logs edge.log --contract api/openapi.yaml --format json": "logs/test_tally.py",
    "batten logs own.log --config /etc/nginx/nginx.conf": "logs/test_servers.py",
    "batten logs own.log --log-format '$remote_addr $request_method $request_uri $status'": "logs/test_servers.py",
    "docker compose logs edge | batten logs /dev/stdin": "logs/test_tally.py",
    "batten probe https://api.example.com": "live/test_reported.py",
    "batten probe redis://cache.example.com smtp://mail": "live/test_stores.py",
    "batten probe staging": "live/test_assessment.py",
    "batten probe 10.0.0.0/28 --ports common,8100-8199": "live/fleet/test_fleet.py",
    "batten probe servers.txt": "live/fleet/test_fleet.py",
    "batten triage --report verdicts.jsonl": 0,
    "batten triage path/to/repository --sample 40": "cli/test_triage.py",
    "BATTEN_TOKEN=… batten check --push https://watch.example.com/environments/12": "watch/assess/test_pushes.py",
    'curl -H "Authorization: Bearer $BATTEN_TOKEN" https://watch.example.com/api/v1/causes': "watch/api/test_reading.py",
    "python tools/stacks.py": "test_stacks.py",
    "batten watch compare orders/staging orders/production": "cli/test_watch_client.py",
    "batten watch events --follow --format json": "cli/test_watch_client.py",
    "batten watch findings --environment orders/production --severity high --format sarif --output findings.sarif": "cli/test_watch_client.py",
    "batten watch run orders/production --wait": "cli/test_watch_client.py",
    "batten watch status": "cli/test_watch_client.py",
    "batten watch waive 4711 --owner ann --reason 'vendor fix in May' --until 2027-05-31 --ticket OPS-12": "cli/test_watch_client.py",
    "export BATTEN_WATCH_URL=https://watch.example.com BATTEN_TOKEN=bt_…": "cli/test_watch_client.py",
    "make demo": "test_readme.py",
    "make test": "../tools/test.sh",
    "make quick": "../tools/test.sh",
    "make test K=hsts": "../tools/test.sh",
    "make test SINCE=main": "test_since.py",
    "make new CONTROL=tunnel-closed FAMILY=transport FACT=Upstream TECHNOLOGY=haproxy": "test_new.py",
    "make new TECHNOLOGY=varnish WING=edges FILES='default.vcl *.vcl'": "test_new.py",
    "make new FACT=Tunnel ROOM=edge": "test_new.py",
}
PAGES |= dict.fromkeys(
    (
        "batten advisories fetch /var/lib/batten/advisories",
        "batten review --advisories /var/lib/batten/advisories",
    ),
    "cli/test_advisories.py",
)
PAGES |= {line: "test_readme.py" for line in USE if line not in PAGES}
ELSEWHERE = (
    "pip install",
    "batten guard run",
    "batten watch",
    "docker ",
    "export BATTEN_",
)  # servers: tests/guard, tests/watch, tests/cli; what needs Docker or a network
COMMANDS_OF_PAGES = sorted({line for page in DOCS[1:] for line in shell(page)})


def test_every_shell_line_of_the_documentation_is_accounted_for() -> None:
    assert [line for line in COMMANDS_OF_PAGES if line not in PAGES and not line.startswith(ELSEWHERE)] == []
    places = [place for place in PAGES.values() if isinstance(place, str)]
    assert [place for place in places if not (ROOT / "tests" / place).exists()] == []


@pytest.mark.parametrize("line", [line for line in COMMANDS_OF_PAGES if line.startswith("batten watch")])
def test_each_command_of_the_service_has_the_options_that_pages_name(line: str) -> None:
    at: click.Command = main
    context, words = None, shlex.split(line, comments=True)
    while True:
        context = at.make_context(words[0], words[1:], parent=context)
        words = [*context._protected_args, *context.args]
        if not isinstance(at, click.Group) or not words:
            break
        _, found, rest = at.resolve_command(context, words)
        assert found is not None
        at, words = found, [words[0], *rest]
    assert not words or not isinstance(at, click.Group)


@pytest.mark.parametrize("line", [line for line, code in PAGES.items() if isinstance(code, int)])
def test_each_shell_line_of_the_documentation_runs(line: str, orders: Path) -> None:
    shutil.copy(ROOT / "tests" / "stacks" / "verdicts.jsonl", orders)
    words = shlex.split(line.partition(" && ")[0])[1:]
    done = batten(*words, folder=orders)
    assert done.returncode == PAGES[line], done.stdout[-2000:] + done.stderr[-2000:]


SCREEN = 50  # lines


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tools/demo.py on ports of its own."""
    spec = importlib.util.spec_from_file_location("tools_demo", ROOT / "tools" / "demo.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    source = tmp_path / "orders"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns(".run", ".batten", "__pycache__"))
    for name, documented in {"EDGE_TLS_PORT": 8443, "EDGE_PLAIN_PORT": 8080, "CACHE_PORT": 6390}.items():
        port = str(free_port())
        monkeypatch.setenv(name, port)
        for file in ("batten.yaml", "openapi.yaml", "smoke.py"):
            place = source / file
            place.write_text(place.read_text().replace(f":{documented}", f":{port}"))
    for variable in ("CACHE_PASSWORD", "ORDERS_TOKEN"):
        monkeypatch.setenv(variable, secrets.token_urlsafe(16))
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "SOURCE", source)
    monkeypatch.setattr(module, "COPY", tmp_path / ".demo" / "orders")
    return module


def test_the_demo_fits_on_two_screens(demo: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    demo.main()
    said = capfd.readouterr().out
    assert len(said.splitlines()) <= 2 * SCREEN
    assert "batten fix --undo" in said.splitlines()[-1]
