"""Who gets an answer of Caddy: what is read of each site is what a real Caddy does with an anonymous client.

Source: https://caddyserver.com/docs/caddyfile/directives#directive-order
"""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy
from batten.technologies.edges.caddy.validator import caddy
from needs import needs
from servers import free_port, listener
from waiting import BOUND, until

pytestmark = needs("caddy", caddy())
# A hash of bcrypt, of no password that is used anywhere.
LOGIN = "basicauth {\nann $2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG\n}"
NET = "192.0.2.0/24"

SITES = [
    "metrics /metrics",
    "metrics /metrics\nrespond /metrics 403",
    "metrics /metrics\nrespond 403",
    "metrics /metrics\nrespond /other 403",
    "metrics /metrics\nerror /metrics 403",
    "metrics /metrics\nredir /metrics /other",
    "metrics /metrics\nabort /other",
    "metrics /metrics\nfile_server",
    f"metrics /metrics\n{LOGIN}",
    f"@own remote_ip {NET}\nrespond @own 403\nmetrics /metrics",
    f"@own not remote_ip {NET}\nrespond @own 403\nmetrics /metrics",
    f"@own remote_ip {NET}\nmetrics @own",
    f"@own remote_ip {NET}\nhandle @own {{\nmetrics /metrics\n}}\nrespond 403",
    "handle /metrics {\nrespond 403\n}\nmetrics /metrics",
    "handle /other {\nrespond 403\n}\nmetrics /metrics",
    "handle /metrics {\nmetrics\n}\nrespond 403",
    f"route {{\nmetrics /metrics\n{LOGIN}\n}}",
    f"route {{\n{LOGIN}\nmetrics /metrics\n}}",
    "route {\nrespond /metrics 403\nmetrics /metrics\n}",
    "route {\nmetrics /metrics\nrespond 403\n}",
    f"handle {{\n{LOGIN}\nmetrics /metrics\n}}",
    f"{LOGIN}\nhandle /metrics {{\nmetrics\n}}",
]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[bool]:
    """Whether a client without credentials gets each site's metrics. (Caddy answers 200 where nothing matches.)"""
    folder = tmp_path_factory.mktemp("caddy")
    ports = [free_port() for _ in SITES]
    file = folder / "Caddyfile"
    sites = "".join(f"http://127.0.0.1:{p} {{\n{text}\n}}\n" for p, text in zip(ports, SITES, strict=True))
    file.write_text(f"{{\nadmin off\nstorage file_system {folder}/data\n}}\n{sites}")
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    command = [caddy(), "run", "--adapter", "caddyfile", "--config", str(file)]
    got = []
    with listener(command, ports[0], folder / "server.log", env=environment, cwd=folder):
        for port in ports:
            until(lambda: _listens(port), "Caddy listens at every port")  # noqa: B023
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
            connection.request("GET", "/metrics")
            got.append(b"# HELP" in connection.getresponse().read())
            connection.close()
    return got


def _listens(port: int) -> bool:
    with suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=BOUND).close()
        return True
    return False


@pytest.mark.parametrize("number", range(len(SITES)), ids=lambda n: " ".join(SITES[n].split())[:70])
def test_metrics_are_open_where_caddy_answers_with_them(number: int, answers: list[bool]) -> None:
    text = f"http://api.example.com {{\n{SITES[number]}\n}}\n"
    result = review(Workspace("/nonexistent", {"Caddyfile": text}), Policy())
    assert any(f.control == "console-not-exposed" for f in result.findings) is answers[number]
