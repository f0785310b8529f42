"""What docs/guard-operation.md shows does what it says: edges that speak HTTP/2 in front, units and manifests."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from guard_certificates import pair
from guard_exports import envoy_program
from guard_proxies import settings, working
from guard_upstream import upstream

from batten.cli import main
from batten.guard.options import Options
from batten.policy.load import parse_policy
from needs import where, without
from servers import free_port, listener
from waiting import BOUND

PAGE = (Path(__file__).parents[2] / "docs/guard-operation.md").read_text("utf-8")


def block(kind: str, holding: str) -> str:
    (found,) = [text for text in re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) if holding in text]
    return found


def _nginx(folder: Path, text: str) -> list[str]:
    text = text.replace("events {}", f"pid {folder}/pid; error_log stderr; events {{}}")
    text = text.replace("http {", f"http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;"
                        f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;", 1)  # fmt: skip
    return [
        where("nginx"),
        "-p",
        str(folder),
        "-g",
        "daemon off;",
        "-c",
        _written(folder / "nginx.conf", text),
    ]


def _caddy(folder: Path, text: str) -> list[str]:
    options = "{\n admin off\n auto_https disable_redirects\n storage file_system " + str(folder) + "\n}\n"
    return [
        where("caddy"),
        "run",
        "--adapter",
        "caddyfile",
        "--config",
        _written(folder / "Caddyfile", options + text),
    ]


def _haproxy(folder: Path, text: str) -> list[str]:
    return [where("haproxy"), "-db", "-f", _written(folder / "haproxy.cfg", text)]


def _envoy(folder: Path, text: str) -> list[str]:
    return [
        envoy_program(),
        "--use-dynamic-base-id",
        "--concurrency",
        "1",
        "-l",
        "warn",
        "-c",
        _written(folder / "envoy.yaml", text),
    ]


def _written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


EDGES: dict[str, tuple[str, str, str, Callable[[Path, str], list[str]]]] = {
    "nginx": ("nginx", "proxy_pass http://guard", "443 ssl", _nginx),
    "caddy": ("caddyfile", "reverse_proxy", "api.example.com {", _caddy),
    "haproxy": ("haproxy", "backend guard", ":443 ", _haproxy),
    "envoy": ("yaml", "HttpConnectionManager", "port_value: 443", _envoy),
}


@pytest.mark.parametrize("edge", EDGES)
def test_http2_at_the_edge(edge: str, tmp_path: Path) -> None:
    kind, holding, listens, command = EDGES[edge]
    if not (envoy_program() if edge == "envoy" else where(edge)):
        without(edge)
    certificate, key = pair(tmp_path)
    (tmp_path / "both.pem").write_bytes(certificate.read_bytes() + key.read_bytes())
    with (
        upstream() as behind,
        working(settings(tmp_path, behind.port, options=Options(trusted=("127.0.0.1",)))) as (guard, _),
    ):
        port = free_port()
        text = block(kind, holding).replace(
            listens, listens.replace("443", str(port)).replace("api.example.com", f"localhost:{port}")
        )
        text = text.replace("8443", str(guard))
        for name, file in (("chain.pem", certificate), ("key.pem", key), ("api.pem", tmp_path / "both.pem")):
            text = re.sub(rf"/etc/\w+/{re.escape(name)}", str(file), text)
        with listener(command(tmp_path, text), port, tmp_path / "output.log"):
            asked = [
                _curl(port, certificate, path)
                for path in ("/v1/things", "/v1/nothing", "/v1/..%2fthings", "/v1//things")
            ]
        assert asked == ["2 200", "2 404", "2 400", "2 400"]
        assert [target for _, target, _ in behind.seen] == [b"/v1/things"]
        told = dict(re.findall(rb"\r\n(x-forwarded-[a-z]+): ([^\r]+)", behind.raw[-1]))
        assert (
            told[b"x-forwarded-proto"] == b"https" and told[b"x-forwarded-for"]
        )  # Envoy tells its own address for loopback


def _curl(port: int, ca: Path, path: str) -> str:
    command = [
        "curl",
        "-s",
        "-o",
        "/dev/null",
        "-w",
        "%{http_version} %{http_code}",
        "--http2",
        "--path-as-is",
        "-4",
        "--cacert",
        str(ca),
    ]
    url = f"https://localhost:{port}{path}"
    return subprocess.run([*command, url], capture_output=True, text=True, timeout=BOUND, check=True).stdout


def test_rows_of_batten_yaml() -> None:
    services = parse_policy("batten.yaml", block("yaml", "  services:")).services
    rates = parse_policy("batten.yaml", block("yaml", "  rates:")).rates
    assert [one.name for one in services] == ["orders", "users", "partners"] and len(rates) == 3


def test_units_and_manifest_have_no_finding(tmp_path: Path) -> None:
    _written(tmp_path / "batten-guard.service", block("ini", "[Service]"))
    _written(tmp_path / "batten-guard.socket", block("ini", "[Socket]"))
    _written(tmp_path / "guard.yaml", block("yaml", "kind: Deployment"))
    done = CliRunner().invoke(main, ["review", str(tmp_path)])
    assert done.exit_code == 0 and "3 files read" in done.stdout and "0 findings" in done.stdout, done.stdout


def test_probes_ask_the_admin_address() -> None:
    deployment, _, policy = yaml.safe_load_all(block("yaml", "kind: Deployment"))
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    probes = {
        name: container[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startupProbe": "/ready",
        "readinessProbe": "/ready",
        "livenessProbe": "/health",
    }
    assert {probe["port"] for probe in probes.values()} == {"admin"}
    seconds = deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    arguments = container["args"]
    assert seconds > sum(
        int(arguments[arguments.index(name) + 1]) for name in ("--drain-delay", "--drain-seconds")
    )
    assert policy["spec"]["ingress"][1]["ports"] == [{"port": "admin"}]
