"""`security.txt` is asked of public sites alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from assessed import run
from live_servers import nginx

from batten.facts import SecurityContact
from batten.live.exchange import Request, Response
from batten.live.probes.contacts import plan
from batten.live.scene import Scene
from batten.live.survey import Survey
from batten.policy import Environment
from servers import free_port

CURRENT = b"Contact: mailto:security@example.com\nExpires: 2999-01-01T00:00:00Z\n"


def _survey(address: str) -> Survey:
    root = Response(200, (), b"{}", Request("GET", "https://www.example.com/"), address=address)
    return Survey(Environment("test", "https://www.example.com"), scene=Scene(roots=[root]))


@pytest.mark.parametrize(
    ("status", "body", "there"), [(200, CURRENT, True), (404, b"", False), (410, b"gone", False)]
)
def test_a_public_site_is_asked_once(status: int, body: bytes, there: bool) -> None:
    (probe,) = plan(_survey("93.184.215.14"))
    request = next(probe.steps)
    assert isinstance(request, Request)
    with pytest.raises(StopIteration) as end:
        probe.steps.send(Response(status, (), body, request, address="93.184.215.14"))
    (fact,) = end.value.value
    assert isinstance(fact, SecurityContact)
    assert fact.there is there
    assert (fact.contacts, fact.expires is not None) == ((1, True) if there else (0, False))


def test_a_private_one_is_not(tmp_path: Path) -> None:
    assert list(plan(_survey("192.168.0.7"))) == []
    port = free_port()
    log = tmp_path / "access.log"
    server = f"server {{ listen 127.0.0.1:{port}; access_log {log}; location / {{ return 404; }} }}"
    with nginx(tmp_path, port, server):
        assessment = run(Environment("test", f"http://127.0.0.1:{port}", rate=5000))
    assert not [f for f in assessment.facts if isinstance(f, SecurityContact)]
    assert "security.txt" not in log.read_text()
