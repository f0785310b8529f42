"""The health checks, as programs: a status below 400 is well, another one or no answer is not."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from batten.harden.image.health import Asks, in_go, in_java, in_javascript, in_python
from needs import program
from proofs import PROOF
from servers import free_port

Started = Callable[[Asks, Path], list[str]]


def python(check: Asks, folder: Path) -> list[str]:
    return [program("python3"), "-c", in_python(check)]


def node(check: Asks, folder: Path) -> list[str]:
    return [program("node"), "-e", in_javascript(check)]


def go(check: Asks, folder: Path) -> list[str]:
    (folder / "main.go").write_text(in_go(check), encoding="utf-8")
    subprocess.run([program("go"), "vet", folder / "main.go"], check=True)
    assert subprocess.run([program("gofmt"), "-l", folder], capture_output=True, check=True).stdout == b""
    subprocess.run([program("go"), "build", "-o", folder / "health", folder / "main.go"], check=True)
    return [str(folder / "health")]


def java(check: Asks, folder: Path) -> list[str]:
    (folder / "Health.java").write_text(in_java(check), encoding="utf-8")
    subprocess.run(
        [program("javac"), "-Xlint:all", "-Werror", "-d", folder, folder / "Health.java"], check=True
    )
    return [program("java"), "-cp", str(folder), "Health"]


class Answers(BaseHTTPRequestHandler):
    """The status that the path names, to those who ask the right host."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]) if self.headers["Host"] == "api.example.com" else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


compiled = pytest.mark.skipif(not PROOF, reason="compiles: `make proof`")


@pytest.mark.parametrize(
    "start", [python, node, pytest.param(go, marks=compiled), pytest.param(java, marks=compiled)]
)
def test_it_tells_the_well_from_the_ill(start: Started, port: int, tmp_path: Path) -> None:
    def code(number: int, path: str, host: str = "api.example.com") -> bool:
        asks = Asks(port=number, path=path, host=host)
        done = subprocess.run(start(asks, tmp_path), capture_output=True, check=False, timeout=60)
        return done.returncode == 0

    assert code(port, "/200") and code(port, "/204") and code(port, "")
    assert not code(port, "/404") and not code(port, "/503") and not code(port, "/200", "other.example.com")
    closed = free_port()
    assert not code(closed, "/200") and not code(closed, "")
