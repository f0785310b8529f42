"""Input that nobody should send: a Problem, in bounded time and memory, and the rest of the run goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.policy import Policy
from batten.technologies import recognised, technologies
from spending import at_most, children_at_most
from waiting import BOUND

GOOD = "server {\n    listen 80;\n    server_tokens on;\n}\n"
DEEP = 10_000

# File names that each reader takes, with text that makes it one of its own.
KINDS = {
    "nginx.conf": "server { listen 80; }\n",
    "httpd.conf": "<VirtualHost *:80>\n    ServerName a\n</VirtualHost>\n",
    "Caddyfile": "example.com {\n  respond hi\n}\n",
    "caddy.json": '{"apps": {"http": {"servers": {}}}}\n',
    "compose.yaml": "services:\n  web:\n    image: nginx:1.27\n",
    "Dockerfile": "FROM python:3.13-slim\nUSER 1000\n",
    "openapi.yaml": "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\n",
    "openapi.json": '{"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {}}\n',
    "asyncapi.yaml": "asyncapi: 3.0.0\ninfo: {title: a, version: '1'}\nchannels: {}\n",
    "redis.conf": "port 6379\n",
    "app.py": "from fastapi import FastAPI\napp = FastAPI()\n",
    "manifests.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers: []\n",
    "kustomization.yaml": "namespace: a\nresources: []\n",
    "Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
    "daemon.json": '{"hosts": ["fd://"]}\n',
    "kong.yml": "_format_version: '3.0'\nservices:\n- name: a\n  url: http://a\n",
    "api.service": "[Service]\nExecStart=/usr/bin/node a.js\n",
    "a.gitlab-ci.yml": "deploy:\n  script: [curl -k https://a]\n",
    "kong.conf": "proxy_listen = 0.0.0.0:8000\n",
    "envoy.yaml": "static_resources:\n  listeners:\n  - name: edge\n    filter_chains: []\n",
    ".env": "NAME=value\n",
    ".bash_history": "ls -l\n",
    "main.tf": 'resource "aws_s3_bucket" "a" {\n  bucket = "a"\n}\n',
    "main.tf.json": '{"resource": {"aws_s3_bucket": {"a": {"bucket": "a"}}}}\n',
    "plan.json": '{"format_version": "1.2", "planned_values": {"root_module": {"resources": []}}}\n',
    "traefik.yml": "entryPoints:\n  web:\n    address: ':80'\n",
    "traefik.toml": "[entryPoints.web]\naddress = ':80'\n",
    "template.yaml": "Resources:\n  A:\n    Type: AWS::S3::Bucket\n",
}
SPOILS: dict[str, Callable[[str], bytes]] = {
    "truncated": lambda text: text.rstrip()[: len(text) * 2 // 3].encode(),
    "binary": lambda text: text.encode() + bytes(range(256)) * 8,
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "latin-1": lambda text: text.encode() + b"# caf\xe9\n",
    "utf-16": lambda text: text.encode("utf-16"),
    "tabs": lambda text: text.replace("  ", "\t").encode(),
    "twice": lambda text: (text + text).encode(),
    "empty": lambda text: b"",
    "brackets": lambda text: text.encode() + b"[" * DEEP,
    "braces": lambda text: text.encode() + b"{" * DEEP,
    "dashes": lambda text: text.encode() + b"- " * DEEP,
    "parentheses": lambda text: text.encode() + b"x = " + b"(" * DEEP,
    "one long line": lambda text: text.encode() + b"a" * 1_000_000,
}


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("name", KINDS)
def test_the_rest_of_the_run_goes_on(name: str, spoil: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / name).write_bytes(SPOILS[spoil](KINDS[name]))
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "nginx.conf").write_text(GOOD)
    with at_most(10):
        result = review(tmp_path, Policy())
    assert any(f.control == "banner-hidden" and f.at.source == "good/nginx.conf" for f in result.findings)
    for problem in result.problems:
        assert problem.source == f"sub/{name}" and problem.message and problem.hint
        assert "internal error" not in problem.hint, problem


# A shell keeps the bytes that were typed, so histories are read in every encoding.
NO_TEXT = [
    (n, s) for n in KINDS for s in ("binary", "latin-1", "utf-16") if (n, s) != (".bash_history", "latin-1")
]


@pytest.mark.parametrize(("name", "spoil"), NO_TEXT)
def test_what_is_no_text_is_a_problem(name: str, spoil: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(SPOILS[spoil](KINDS[name]))
    (problem,) = review(tmp_path, Policy()).problems
    assert problem.source == name and problem.hint


def test_a_yaml_bomb_is_a_problem(tmp_path: Path) -> None:
    lines = ["services:", "  web: {image: a}", "x0: &x0 [a, a, a, a, a, a, a, a, a, a]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 12)]
    (tmp_path / "compose.yaml").write_text("\n".join(lines))
    (problem,) = review(tmp_path, Policy()).problems
    assert "alias" in problem.message


def test_a_key_that_stands_twice_is_a_problem_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services:\n  web:\n    image: a\n    image: b\n")
    (problem,) = review(tmp_path, Policy()).problems
    assert problem.line == 4


def test_reference_cycles_end(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /a: {$ref: '#/paths/~1b'}\n"
        "  /b: {$ref: '#/paths/~1a'}\ncomponents:\n  schemas:\n    A: {$ref: '#/components/schemas/B'}\n"
        "    B: {$ref: '#/components/schemas/A'}\n"
    )
    (tmp_path / "nginx.conf").write_text("http { include nginx.conf; include other.conf; }\n")
    (tmp_path / "other.conf").write_text("include nginx.conf;\n")
    with at_most(10):
        review(tmp_path, Policy())


def test_links_that_go_round_or_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.conf").write_text("server_tokens on;")
    (root / "loop").symlink_to(root)
    (root / "redis.conf").symlink_to(root / "redis.conf")
    (root / "nginx.conf").write_text("include ../secret.conf; server { listen 80; }")
    result = review(root, Policy())
    assert any(p.source == "redis.conf" for p in result.problems)
    assert not any("secret" in f.at.source for f in result.findings)


def test_an_unreadable_file_is_a_problem() -> None:
    """Root reads everything, so as root the review is made as somebody else."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "nginx.conf").write_text(GOOD)
        assert review(root, Policy()).problems == []
        (root / "nginx.conf").chmod(0)
        privileged = os.geteuid() == 0
        if privileged:
            os.seteuid(65534)
        try:
            (problem,) = review(root, Policy()).problems
        finally:
            if privileged:
                os.seteuid(0)
    assert problem.source == "nginx.conf" and "permissions" in problem.hint


# It says its own peak (KiB, proc(5)): what getrusage(2) says counts what was there before exec, and children of other tests.
_MEASURED = """
import atexit, re, sys
atexit.register(lambda: print(re.search("VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1], file=sys.stderr))
from batten.cli import main
main()
"""


def test_huge_files_take_little_time_and_memory(tmp_path: Path) -> None:
    """200 MB, sparse, under every name: told, not read."""
    for name in KINDS:
        with (tmp_path / name).open("wb") as file:
            file.truncate(200 * 1024 * 1024)
    command = [sys.executable, "-c", _MEASURED, "review", str(tmp_path)]
    with children_at_most(10):
        done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND, check=False)
    assert done.returncode in (1, 3) and "Traceback" not in done.stderr
    assert int(done.stderr.splitlines()[-1]) < 500 * 1024


HEADS = (" ", "\n", "\r\n", " \n", "\t", "{", '"', "a", ":", "#", "a: ", '  "x": {\n', "server_name a ", "listen 1 ", "include a ",
         "add_header a ", "kind:\n", "<Directory a\n", "server a ", "port 1 {\n", "@type ", "http: \n \n", "openapi: ")  # fmt: skip


@pytest.mark.parametrize("name", sorted(n for n, t in technologies().items() if t.sniff))
def test_no_text_makes_recognising_it_slow(name: str) -> None:
    technology = technologies()[name]
    with at_most(60):
        for unit in HEADS:
            for text in (unit * (65536 // len(unit)), "{" + unit * (65536 // len(unit))):
                recognised([technology], text[:65536])
