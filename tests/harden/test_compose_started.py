"""The rendered project, started for real by a Docker Engine of its own, from images of what this machine has (`make proof`)."""

from __future__ import annotations

import os
import re
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from deployments import generated, made, stack
from docker_engine import engine, imported
from edge_servers import ask

from batten.harden.compose.rendering import FILE
from batten.technologies.compose.validator import compose
from needs import program, where
from proofs import PROOF
from servers import free_port
from waiting import answering, until

pytestmark = pytest.mark.skipif(
    not PROOF or os.geteuid() != 0 or not where("dockerd"),
    reason="starts a Docker Engine as root: `make proof`",
)
# It writes to its store over TLS, with what the deployment gives it.
APPLICATION = """
import http.server, json, os, socket, ssl
def cache():
    folder, host = os.environ["VALKE_0_FOLDER"], os.environ["VALKE_0_HOST"]
    password = open(folder + "/password").read().strip()
    context = ssl.create_default_context(cafile=folder + "/ca.crt")
    link = socket.create_connection((host, int(os.environ["VALKE_0_PORT"])), 10)
    with context.wrap_socket(link, server_hostname=host) as link:
        link.sendall(f"AUTH api {password}\\r\\n".encode())
        return link.recv(100).decode().strip()
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"status": "ok", "cache": cache()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Health).serve_forever()
"""


def project(folder: Path, port: int) -> dict[str, Any]:
    """What is rendered, with its secrets owned as the notes say, and images and ports of this machine."""
    whole = made("compose", stack("valkey"), local_ca=True)
    owners = {secret.path: secret.owner for secret in whole.secrets}
    texts = {path: text.encode() for path, text in whole.files.items()}
    for path, content in {**texts, **generated(whole)}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        if path in owners:
            (folder / path).chmod(0o600)
            os.chown(folder / path, owners[path] or 0, owners[path] or 0)
    found: dict[str, Any] = yaml.safe_load(whole.files[FILE])
    services = found["services"]
    for name, image in {"edge": "edge", "api": "api", "valke-0": "valkey"}.items():
        services[name]["image"] = f"batten/{image}:1"
    services["edge"]["ports"] = [f"127.0.0.1:{port}:8443"]
    services["api"]["command"] = [os.path.realpath("/usr/bin/python3"), "-c", APPLICATION.replace("$", "$$")]
    (folder / FILE).write_text(yaml.safe_dump(found, sort_keys=False))
    return found


def test_the_stack_starts_and_its_application_reaches_its_store_through_tls(tmp_path: Path) -> None:
    python = os.path.realpath("/usr/bin/python3")
    libraries = f"/usr/lib/{Path(python).name}"
    ssl = [str(path) for path in Path(libraries, "lib-dynload").glob("_ssl*.so")]
    folder, port = tmp_path / "project", free_port()
    with engine(tmp_path) as address:
        imported(address, tmp_path, "edge", [program("nginx")], {})
        imported(address, tmp_path, "valkey", [program("valkey-server"), program("valkey-cli")], {})
        imported(address, tmp_path, "api", [python, *ssl], {libraries: libraries})
        project(folder, port)
        environment = {**os.environ, "DOCKER_HOST": address, "HOME": str(tmp_path)}
        command = [str(compose() or program("docker-compose")), "--project-directory", str(folder)]

        def run(*words: str) -> str:
            done = subprocess.run(
                [*command, *words], env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr[-2000:]
            return done.stdout

        try:
            run("up", "--detach", "--pull", "never")
            ca = folder / "secrets/ca/ca.crt"
            # The port takes connections, and closes them, before the edge listens.
            healthy = partial(ask, port, ca, "/v1/health")
            until(lambda: answering(healthy, OSError).status == 200, "the stack answers")
            answer = ask(port, ca, "/v1/health")
            assert b'"cache": "+OK"' in answer.body and answer["strict-transport-security"]
            assert (
                ask(port, ca, "/v1/other").status == 404 and ask(port, ca, "/v1/health", "PUT").status == 405
            )
            published = re.findall(r"(\S+)->(\d+)/tcp", run("ps", "--all"))
            assert [inner for _, inner in published] == ["8443"]
        finally:
            run("down", "--volumes", "--timeout", "1")
