"""The rendered project, proved for real by a Docker Engine of its own, with images of what this machine has (`make proof`)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from docker_images import engine, registry, root_of

from batten.engine.hardening.compose.docker import Docker
from batten.engine.hardening.proof_report import verified
from needs import program, where
from proofs import PROOF
from waiting import BOUND, until

pytestmark = pytest.mark.skipif(
    not PROOF or os.geteuid() != 0 or not where("dockerd"),
    reason="starts a Docker Engine as root: `make proof`",
)
# It writes to its store over TLS, with what the deployment gives it, and admits nobody to its items.
APPLICATION = """
import http.server, json, os, socket, ssl
def cache():
    folder, host = os.environ["CACHE_FOLDER"], os.environ["CACHE_HOST"]
    password = open(folder + "/password").read().strip()
    context = ssl.create_default_context(cafile=folder + "/ca.crt")
    link = socket.create_connection((host, int(os.environ["CACHE_PORT"])), 10)
    with context.wrap_socket(link, server_hostname=host) as link:
        link.sendall(f"AUTH api {password}\\r\\n".encode())
        return "ok" if link.recv(100).startswith(b"+OK") else "denied"
class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path == "/v1/health":
            self.answer(200, "application/json", {"status": "ok", "cache": cache()})
        elif self.path.startswith("/v1/items"):
            self.answer(401, "application/problem+json", {"type": "about:blank", "title": "Unauthorized", "status": 401})
        else:
            self.answer(404, "application/problem+json", {"type": "about:blank", "title": "Not Found", "status": 404})
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with open("/tmp/written", "a") as file:
            file.write("x")
        self.do_GET()
    def answer(self, status, kind, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Api).serve_forever()
"""
PROBLEM = {
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                },
            }
        }
    },
    "description": "not allowed",
}
HEALTH = {
    "type": "object",
    "required": ["status", "cache"],
    "properties": {"status": {"const": "ok"}, "cache": {"enum": ["ok"]}},
    "additionalProperties": False,
}
ITEM = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "maxLength": 20}},
    "additionalProperties": False,
}
CONTRACT = {
    "openapi": "3.1.0",
    "info": {"title": "Items", "version": "1"},
    "servers": [{"url": "https://localhost"}],
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/v1/health": {
            "get": {
                "security": [],
                "responses": {
                    "200": {"description": "ok", "content": {"application/json": {"schema": HEALTH}}}
                },
            }
        },
        "/v1/items": {
            "get": {
                "security": [{"bearer": []}],
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {
                            "application/json": {"schema": {"type": "array", "maxItems": 9, "items": ITEM}}
                        },
                    },
                    "401": PROBLEM,
                },
            },
            "post": {
                "security": [{"bearer": []}],
                "requestBody": {"required": True, "content": {"application/json": {"schema": ITEM}}},
                "responses": {"201": {"description": "made"}, "401": PROBLEM},
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Site:
    """A folder with the contract, an engine's address, and the words that name the images."""

    folder: Path
    address: str
    words: tuple[str, ...]

    @property
    def docker(self) -> Docker:
        return Docker(Path(self.address.removeprefix("unix://")))

    @property
    def command(self) -> list[str]:
        stores = ("--store", "valkey=cache", "--store", "nats=bus", "--local-ca", "--health", "/v1/health")
        return [sys.executable, "-m", "batten", "harden", "compose", "--contract", "openapi.json", "--output", "out",
                *stores, *self.words, "--prove", "--report", "proof.json"]  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DOCKER_HOST": self.address, "HOME": str(self.folder)}

    def proved(self, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *more],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=BOUND,
        )

    def left(self) -> tuple[str, ...]:
        """All that any project left."""
        return tuple(thing for thing in self.docker.of_project("") if "batten-proof" in thing)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("place")
    (folder / "openapi.json").write_text(json.dumps(CONTRACT))
    (folder / "batten.yaml").write_text("hosts: [shop.example.com]\n")
    roots = tmp_path_factory.mktemp("roots")
    python = os.path.realpath("/usr/bin/python3")
    libraries = f"/usr/lib/{Path(python).name}"
    ssl = [str(path) for path in Path(libraries, "lib-dynload").glob("_ssl*.so")]
    caches = [program("valkey-server"), program("valkey-cli")]
    with registry() as made, engine(tmp_path_factory.mktemp("engine")) as address:
        images = {
            "edge": made.image("edge", root_of(roots / "edge", [program("nginx")], {}, {"/etc/edge": 0}), []),
            "cache": made.image("valkey", root_of(roots / "valkey", caches, {}, {"/data": 999}), []),
            "bus": made.image("nats", root_of(roots / "nats", [program("nats-server")], {}, {}), []),
            "api": made.image(
                "api",
                root_of(roots / "api", [python, *ssl], {libraries: libraries}, {}),
                [python, "-c", APPLICATION],
            ),
        }
        yield Site(
            folder,
            address,
            tuple(w for name, image in images.items() for w in ("--image", f"{name}={image}")),
        )


def steps(site: Site) -> list[tuple[str, str]]:
    proof = verified((site.folder / "proof.json").read_bytes())
    assert not proof.broken
    return [(taken.step.value, taken.verdict.value) for taken in proof.proof.steps]


def test_images_are_not_pulled_unless_the_user_says_so(site: Site) -> None:
    done = site.proved()
    assert done.returncode == 3 and "pull them, or pass --pull" in done.stdout, done.stdout + done.stderr
    assert "not started: images are missing: 127.0.0.1" in done.stdout


def test_a_project_is_started_played_probed_and_taken_down(site: Site) -> None:
    done = site.proved("--pull")
    assert done.returncode == 0, done.stdout + done.stderr
    assert steps(site)[-4:] == [
        ("start", "passed"),
        ("calls", "passed"),
        ("probe", "passed"),
        ("end", "passed"),
    ]
    assert "2 documented calls without credentials to the application (1 × 200, 1 × 401)" in done.stdout
    assert "1 calls may change data and were not made" in done.stdout and "nothing is left" in done.stdout
    assert site.left() == ()


def test_more_calls_are_made_where_the_user_says_so(site: Site) -> None:
    done = site.proved("--pull", "--active")
    assert done.returncode == 0 and "3 documented calls" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("number", "after"), [(signal.SIGTERM, ""), (signal.SIGINT, "the application")], ids=["begun", "probed"]
)
def test_an_interrupted_proof_leaves_nothing(site: Site, number: signal.Signals, after: str) -> None:
    """While the project starts, or while it is probed."""
    log = site.folder / "said"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*site.command, "--pull"], cwd=site.folder, env=site.environment, stdout=said, stderr=said
        )
        until(
            lambda: (site.left() and after in log.read_text()) or process.poll() is not None,
            "the project is begun",
        )
        process.send_signal(number)
        assert process.wait(BOUND) not in (0, -number), log.read_text()
    assert site.left() == (), log.read_text()
    assert "nothing is left" in log.read_text()


def test_a_project_that_does_not_start_fails_and_leaves_nothing(site: Site) -> None:
    broken = [word.replace("api=", "edge=") if word.startswith("api=") else word for word in site.words]
    site = Site(site.folder, site.address, (*broken, *site.words[-2:]))
    done = site.proved("--pull", "--project", "other", "--force")
    assert done.returncode == 1 and steps(site)[-2:] == [("start", "failed"), ("end", "passed")], done.stdout
    assert site.left() == ()
