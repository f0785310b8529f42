"""Upgrades to h2c through TLS: an nginx that forwards whatever a client asks for, and those that do not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from assessed import run
from live_servers import authority, certificate, nginx, running, write_anchor, write_pem
from test_stores import findings

from batten.model import Severity
from batten.policy import Environment
from servers import free_port

_APPLICATION = """async def app(scope, receive, send):
    if scope["type"] == "http":
        headers = [(b"content-type", b"application/json"), (b"server", b"shop")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"orders": []}'})
"""
_ANY = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;"
_SOCKETS = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"


@contextmanager
def hypercorn(folder: Path, port: int, *options: str) -> Iterator[None]:
    """It takes upgrades to h2c."""
    (folder / "shop_app.py").write_text(_APPLICATION)
    command = [sys.executable, "-m", "hypercorn", "--bind", f"127.0.0.1:{port}", *options, "shop_app:app"]
    with running(command, port, folder, environment={"PYTHONPATH": str(folder)}):
        yield


def told(folder: Path, forwards: str) -> list[Severity]:
    anchor = authority()
    cert, key = write_pem(folder, certificate(anchor))
    inner, port = free_port(), free_port()
    server = f"""server {{ listen 127.0.0.1:{port} ssl; server_name localhost; ssl_certificate {cert}; ssl_certificate_key {key};
        location / {{ proxy_pass http://127.0.0.1:{inner}; proxy_pass_header Server; proxy_http_version 1.1; {forwards} }} }}"""
    with hypercorn(folder, inner), nginx(folder, port, server):
        return _judged(f"https://localhost:{port}", str(write_anchor(folder, anchor)))


def _judged(url: str, ca: str) -> list[Severity]:
    facts = run(Environment("t", url, ca=ca, rate=5000)).facts
    return [f.severity for f in findings(facts) if f.control == "smuggling-closed"]


@pytest.mark.parametrize("forwards", [_ANY, _SOCKETS], ids=["as it came", "as for WebSockets"])
def test_an_edge_that_forwards_upgrades(forwards: str, tmp_path: Path) -> None:
    assert told(tmp_path, forwards) == [Severity.MEDIUM]


def test_an_edge_that_does_not(tmp_path: Path) -> None:
    assert told(tmp_path, "") == []


def test_a_server_that_takes_it_by_itself(tmp_path: Path) -> None:
    """There is no edge whose rules it would pass."""
    anchor = authority()
    cert, key = write_pem(tmp_path, certificate(anchor))
    port = free_port()
    with hypercorn(tmp_path, port, "--certfile", str(cert), "--keyfile", str(key)):
        found = _judged(f"https://localhost:{port}", str(write_anchor(tmp_path, anchor)))
    assert found in ([], [Severity.LOW])
