"""What the controls say of HAProxy, shown on a real one."""

from __future__ import annotations

import http.client
from pathlib import Path

from batten.engine.review import review
from batten.formats import Workspace, apply
from batten.policy import Policy
from batten.technologies.haproxy.validator import haproxy
from needs import needs
from servers import free_port, listener
from waiting import BOUND

pytestmark = needs("haproxy", haproxy())
TEXT = """defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s

frontend www
    bind 127.0.0.1:PORT
    http-request deny if { path_beg /admin } !{ src 10.0.0.0/8 }
    http-request redirect location %[urlp(next)] if { path /leave }
    http-request return status 200 content-type text/plain string let-in
"""


def statuses(text: str, folder: Path, *paths: str) -> list[tuple[int, str]]:
    """Status and Location of each answer."""
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text(text.replace("PORT", str(port)))
    with listener([haproxy(), "-f", str(file)], port, folder / "server.log"):
        return [answer(port, path) for path in paths]


def answer(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
    connection.request("GET", path)
    got = connection.getresponse()
    connection.close()
    return got.status, got.headers.get("Location", "")


def test_a_path_is_compared_as_it_is_written_until_it_is_fixed(tmp_path: Path) -> None:
    paths = ("/admin/users", "/%61dmin/users", "/orders", "/leave?next=https://stranger.invalid/")
    open_to = statuses(TEXT, tmp_path, *paths)
    assert open_to == [(403, ""), (200, ""), (200, ""), (302, "https://stranger.invalid/")]
    found = review(Workspace("/nonexistent", {"haproxy.cfg": TEXT}), Policy()).findings
    assert any(f.control == "upstream-fixed" for f in found) is False, "only loopback reaches it"
    (finding,) = [f for f in found if f.control == "access-rule-effective"]
    assert finding.fix is not None
    assert [s for s, _ in statuses(apply(TEXT, finding.fix.edits), tmp_path, *paths)] == [403, 403, 200, 302]
