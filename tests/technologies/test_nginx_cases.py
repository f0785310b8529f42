"""What nginx does and what is said of it: cases as data (`nginx/cases/*.yaml`), each asked of one running server.

A case: `does` (its name), `conf` (what is written in a server) and `http` (beside it), `ask` (requests, of which one has to
show it; "@" names another host) `with` headers, what the answer `shows` or `lacks`, and what batten `says`: cases of the controls that its file is
`about`; nothing where it is right. FILES is a folder, with `secret` beside its folder `img`; UPSTREAM answers with the head
of the request that it got.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy
from batten.technologies.edges.nginx.validator import nginx
from needs import needs
from servers import free_port, listener
from waiting import BOUND

pytestmark = needs("nginx", nginx())
FOLDER = Path(__file__).parent / "nginx" / "cases"
Case = dict[str, Any]


def _cases() -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*.yaml")):
        held = yaml.safe_load(file.read_text())
        for number, case in enumerate(held["cases"]):
            name = f"{file.stem}-{number}.test"
            yield pytest.param(
                {**case, "about": held["about"], "host": name}, id=f"{file.stem}: {case['does']}"
            )


CASES = list(_cases())


class Echo(socketserver.StreamRequestHandler):
    """Answers with the head of the request."""

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n") and (line := self.rfile.readline()):
            head += line
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\nServer: echo/1.0\r\nX-Frame-Options: DENY\r\nConnection: close\r\n"
            b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\nupstream got %s"
            % (len(head) + len(b"upstream got "), head)
        )


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _main(folder: Path, servers: str) -> str:
    temp = "".join(
        f"{n}_temp_path {folder}/{n}; " for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; server_names_hash_bucket_size 128; variables_hash_max_size 2048; {temp}\n"
        f"keepalive_timeout 0; lingering_timeout 50ms; lingering_time 50ms;\n{servers}\n}}\n"
    )


def _filled(text: str, files: str, upstream: str) -> str:
    return text.replace("FILES", files).replace("CACHE", f"{files}/cache").replace("UPSTREAM", upstream)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, upstream: str) -> Iterator[int]:
    """The port of an nginx with a server for each case."""
    folder = tmp_path_factory.mktemp("nginx")
    files = folder / "files"
    (files / "img" / ".git").mkdir(parents=True)
    (files / "cache").mkdir()
    for name, text in {
        "secret": "root:x",
        "img/logo.txt": "logo",
        "img/.git/config": "remote",
        "users": "u:{PLAIN}p\n",
        "img/index.html": "<p>page</p>",
    }.items():
        (files / name).write_text(text)
    port = free_port()
    made = [f"server {{ listen 127.0.0.1:{port} default_server; return 444; }}"]
    for parameter in CASES:
        case = parameter.values[0]
        conf = f"{case.get('http', '')}\nserver {{ listen 127.0.0.1:{port}; server_name {case['host']};\n{case['conf']}\n}}"
        made.append(_filled(conf, str(files), upstream))
    file = folder / "nginx.conf"
    file.write_text(_main(folder, "\n".join(made)))
    with listener([*nginx(), "-p", str(folder), "-c", str(file)], port, folder / "server.log"):
        yield port


def _answered(port: int, request: str, case: Case) -> str:
    request, _, other = request.partition(" @")
    method, _, path = request.rpartition(" ")
    given = case.get("with", [])
    named = {header.lower().partition(":")[0] for header in given}
    usual = {"host": f"Host: {other or case['host']}", "connection": "Connection: close"}
    lines = [line for name, line in usual.items() if name not in named]
    head = "\r\n".join([f"{method or 'GET'} {path} HTTP/1.1", *lines, *given])
    with socket.create_connection(("127.0.0.1", port), timeout=BOUND) as connection:
        connection.sendall(f"{head}\r\n\r\n".encode("latin-1"))
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer.decode("latin-1")


def _said(case: Case) -> list[str]:
    """A port of all addresses: what only loopback reaches is no hole."""
    conf = f"{case.get('http', '')}\nserver {{ listen 8080; server_name {case['host']};\n{case['conf']}\n}}"
    text = f"events {{}}\nhttp {{\nserver {{ listen 8080 default_server; server_tokens off; return 444; }}\n{conf}\n}}\n"
    text = _filled(text, "/srv/files", "127.0.0.1:8000")
    result = review(Workspace("/nonexistent", {"nginx.conf": text}), Policy())
    assert not [p for p in result.problems if p.source == "nginx.conf"]
    return sorted({f.case for f in result.findings if f.control in case["about"]})


@pytest.mark.parametrize("case", CASES)
def test_nginx_does_what_is_said_of_it(case: Case, port: int) -> None:
    asked = case.get("ask", [])
    answers = [_answered(port, request, case) for request in ([asked] if isinstance(asked, str) else asked)]
    if "shows" in case:
        assert any(case["shows"] in answer for answer in answers), answers
    if "lacks" in case:
        assert answers and not any(case["lacks"] in answer for answer in answers), answers
    assert _said(case) == sorted((case.get("says") or "").split())
