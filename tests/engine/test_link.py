"""Who can reach what, by the ports that a block listens on."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy

_FOLDER = TemporaryDirectory()
EMPTY = Path(_FOLDER.name)

HAPROXY = """defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 5s
frontend stats
    bind *:8404
    stats enable
    stats uri /
frontend api
    bind *:80
    default_backend api
backend api
    server one api:8080
"""


def reached(files: dict[str, str], control: str) -> list[tuple[str, bool | None, tuple[str, ...]]]:
    found = review(Workspace(EMPTY, files), Policy(), fixes=False).findings
    return [(f.severity.label, f.public, f.reach) for f in found if f.control == control]


def edge(ports: str, more: str = "") -> dict[str, str]:
    return {
        "compose.yaml": f"services:\n  edge:\n    image: haproxy:3.2\n    ports: {ports}\n"
        f"    volumes: [./haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro]\n{more}",
        "haproxy.cfg": HAPROXY,
    }


@pytest.mark.parametrize(
    ("ports", "severity", "public", "way"),
    [
        ('["80:80", "127.0.0.1:8404:8404"]', "info", False, ("this host only", "127.0.0.1:8404", "edge")),
        ('["80:80", "9000:8404"]', "high", True, ("internet", "0.0.0.0:9000", "edge")),
        ('["80:80"]', "info", False, ("port 8404, which is not published", "edge")),
    ],
)
def test_a_page_is_reached_by_the_port_of_its_own_frontend(
    ports: str, severity: str, public: bool, way: tuple[str, ...]
) -> None:
    assert reached(edge(ports), "console-not-exposed") == [(severity, public, way)]


def test_a_block_with_several_ports_is_public_if_one_is() -> None:
    files = edge('["127.0.0.1:8404:8404", "8405:8405"]')
    files["haproxy.cfg"] = HAPROXY.replace("bind *:8404", "bind *:8404\n    bind *:8405")
    assert reached(files, "console-not-exposed")[0][1:] == (True, ("internet", "0.0.0.0:8405", "edge"))


def test_a_console_at_a_published_port_is_reached_by_that_port() -> None:
    files = {
        "compose.yaml": 'services:\n  kong:\n    image: kong:3.9\n    ports: ["80:8000", "8001:8001"]\n'
        "    environment:\n      KONG_ADMIN_LISTEN: 0.0.0.0:8001\n"
    }
    assert reached(files, "console-not-exposed")[0][1:] == (True, ("internet", "0.0.0.0:8001", "kong"))


def test_a_file_beside_what_is_built_may_run_elsewhere() -> None:
    """The web server of the machine, say, in front of the container."""
    files = {
        "compose.yaml": 'services:\n  api:\n    build: .\n    ports: ["127.0.0.1:3000:3000"]\n',
        "Dockerfile": "FROM python:3.14\nUSER 1000\n",
        "ops/haproxy.cfg": HAPROXY,
    }
    assert reached(files, "console-not-exposed") == [("high", None, ())]


REDIS = "services:\n  cache:\n    image: redis:8.0\n    network_mode: host\n"


def test_a_store_on_the_host_s_network_is_reached_like_a_published_one() -> None:
    way = ("internet", "the host's network", "cache")
    command = "    command: [redis-server, --bind, '0.0.0.0', --protected-mode, 'no']\n"
    assert reached({"compose.yaml": REDIS + command}, "store-authenticated") == [("critical", True, way)]


def test_a_store_bound_to_loopback_on_the_host_s_network_is_its_host_s_own() -> None:
    command = "    command: [redis-server, --bind, 127.0.0.1]\n"
    found = reached({"compose.yaml": REDIS + command}, "store-authenticated")
    assert all(public is False for _, public, _ in found)


def test_a_container_on_the_host_s_network_may_listen_or_not() -> None:
    found = reached({"compose.yaml": REDIS}, "container-host-isolated")
    assert found == [("low", None, ("the host's network", "cache"))]
