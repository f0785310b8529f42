"""What a deployment says beside a setting, in another file."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.model import Bundle, Finding, Severity
from batten.policy import Policy

NOWHERE = Path("/nonexistent")
SOCKET = "      - /var/run/docker.sock:/var/run/docker.sock\n"


def found(files: dict[str, str], control: str) -> list[Finding]:
    return [f for f in review(Workspace(NOWHERE, files), Policy()).findings if f.control == control]


@pytest.mark.parametrize(
    ("static", "severity"),
    [
        ("providers:\n  docker: {}\n", Severity.LOW),
        ("providers:\n  file: {directory: /etc/traefik}\n", Severity.HIGH),
    ],
)
def test_the_file_that_an_edge_is_given_says_whether_it_uses_the_socket(
    static: str, severity: Severity
) -> None:
    service = "services:\n  edge:\n    image: traefik:v3.5\n    volumes:\n      - ./traefik.yml:/etc/traefik/traefik.yml:ro\n"
    (told,) = found({"compose.yaml": service + SOCKET, "traefik.yml": static}, "container-mounts-safe")
    assert told.severity is severity
    assert (told.bundle is Bundle.HOST, told.fix is None) == (
        severity is Severity.LOW,
        severity is Severity.LOW,
    )
    assert ("https://doc.traefik.io/" in told.advice) == (severity is Severity.LOW)


def test_what_is_documented_is_one_finding_that_says_whose_documentation_it_is() -> None:
    services = (
        "services:\n"
        "  node:\n    image: prom/node-exporter:v1.9.1\n    pid: host\n    volumes: ['/:/host:ro']\n"
        "  edge:\n    image: traefik:v3.5\n    command: [--providers.docker]\n    volumes:\n" + SOCKET
    )
    outcome = review(Workspace(NOWHERE, {"compose.yaml": services}), Policy())
    told = [f for f in outcome.findings if f.bundle is Bundle.HOST]
    assert sorted((f.severity, f.control) for f in told) == [
        (Severity.INFO, "container-host-isolated"),
        (Severity.INFO, "container-mounts-safe"),
        (Severity.LOW, "container-mounts-safe"),
    ]
    assert all("(documented by " in f.message for f in told)
