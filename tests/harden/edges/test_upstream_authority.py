"""An upstream with TLS: each edge forwards to the one whose certificate its authority made, and says nothing to another."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from deployments import contract
from edge_exceptions import EXCEPTIONS
from edge_servers import ask

from batten.engine.hardening.edge_alone import program_of
from batten.harden import Options
from batten.harden.authority import CERTIFICATE, authority, pair
from batten.harden.intent import Intent
from batten.harden.targets import launch_of, render
from batten.harden.trial import Lack, trial
from batten.policy import Policy
from listening import listening
from needs import without

HOST = "shop.example.com"
# What an engine says of a server that it does not trust; it cannot be told otherwise.
STATUSES = {"haproxy": 503, "traefik": 500, "envoy": 503}


def issued(folder: Path) -> Path:
    """An authority's folder, with a certificate of `localhost`."""
    folder.mkdir()
    made: dict[str, bytes] = {}
    for secret in (*authority(("localhost",)), *pair("secrets/api", ("localhost",))):
        made[secret.path] = secret.make(made)
    (folder / "ca.crt").write_bytes(made[CERTIFICATE])
    (folder / "both.pem").write_bytes(made["secrets/api/tls.crt"] + made["secrets/api/tls.key"])
    return folder


@contextmanager
def behind_tls(folder: Path) -> Iterator[tuple[int, list[str]]]:
    """Its port, and the paths that it is asked for."""
    seen: list[str] = []

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            seen.append(self.path)
            body = json.dumps({"status": "ok", "cache": "ok"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass  # of a handshake that the edge ends

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    server = Server(("127.0.0.1", 0), Api)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with listening(server) as port:
        yield port, seen


@pytest.mark.parametrize("engine", EXCEPTIONS)
def test_an_upstream_of_another_authority_gets_no_request(engine: str, tmp_path: Path) -> None:
    program = program_of(engine) or without(engine)
    own, other = issued(tmp_path / "own"), issued(tmp_path / "other")
    found = {}
    with behind_tls(own) as (port, seen):
        for name, trusted in (("own", own), ("other", other)):
            options = Options(upstream=f"https://localhost:{port}", upstream_ca=str(trusted / "ca.crt"))
            intent = Intent(contract(), Policy(hosts=(HOST,)), options)
            seen.clear()
            with trial(launch_of(engine), program, intent, lambda placed: render(engine, placed)) as run:
                tls = urlsplit(run.url).port
                assert tls
                found[name] = ask(tls, run.ca, "/v1/health", host=HOST), list(seen)
    answer, asked = found["own"]
    assert (answer.status, asked) == (200, ["/v1/health"])
    answer, asked = found["other"]
    assert (answer.status, asked) == (STATUSES.get(engine, 502), [])
    if Lack.PROBLEMS not in launch_of(engine).lacks:
        assert answer["content-type"] == "application/problem+json"
        assert json.loads(answer.body)["status"] == answer.status
        assert answer["strict-transport-security"] and b"certificate" not in answer.body.lower()


@pytest.mark.parametrize("engine", EXCEPTIONS)
def test_an_upstream_named_by_its_address_is_told_where_no_certificate_is_accepted_for_one(
    engine: str,
) -> None:
    told = {}
    for upstream in ("https://10.0.0.3", "https://[fd00::3]:8443", "https://api.internal", "http://10.0.0.3"):
        intent = Intent(contract(), Policy(hosts=(HOST,)), Options(upstream=upstream))
        told[upstream] = any(
            "name the upstream by its host name" in note for note in render(engine, intent).notes
        )
    by_name = engine in ("nginx", "envoy", "haproxy")
    assert list(told.values()) == [by_name, by_name, False, False]
