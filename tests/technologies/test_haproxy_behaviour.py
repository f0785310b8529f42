"""What the controls say of HAProxy, shown on a real one."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

from batten.engine.review import review
from batten.formats import Workspace, apply
from batten.policy import Policy
from batten.technologies.edges.haproxy.validator import haproxy
from batten.technologies.shared.transport.x509 import self_signed
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


RULES = """defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s

frontend www
    bind 127.0.0.1:PORT ssl crt SERVER VERIFY
    SOURCE
    http-request deny if !{ src 10.0.0.0/8 }
    http-request return status 200 content-type text/plain string let-in
"""
# What the lines are, and whether a client with a certificate and an X-Forwarded-For of its own is let in.
CASES = (
    ("", "", False),
    ("", "http-request set-src req.hdr(x-forwarded-for)", True),
    ("", "http-request set-src req.hdr(x-forwarded-for) if { src 192.0.2.0/24 }", False),
    ("verify required ca-file OTHER", "http-request set-src hdr(X-Forwarded-For)", False),
    ("verify required ca-file OTHER crt-ignore-err all", "http-request set-src hdr(X-Forwarded-For)", True),
    (
        "verify required ca-file OTHER crt-ignore-err X509_V_ERR_CERT_HAS_EXPIRED",
        "http-request set-src hdr(x-forwarded-for)",
        False,
    ),
)


def let_in(text: str, folder: Path, client: ssl.SSLContext) -> bool:
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text(text.replace("PORT", str(port)))
    with listener([haproxy(), "-f", str(file)], port, folder / "server.log"):
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=BOUND, context=client)
        try:
            connection.request("GET", "/", headers={"X-Forwarded-For": "10.1.2.3"})
            return connection.getresponse().status == 200
        except OSError:
            return False  # the handshake was refused
        finally:
            connection.close()


def test_addresses_and_certificates_that_anyone_makes_up(tmp_path: Path) -> None:
    names = {}
    for name in ("SERVER", "OTHER", "CLIENT"):
        names[name] = tmp_path / f"{name.lower()}.pem"
        names[name].write_bytes(b"".join(self_signed()))
    client = ssl.create_default_context()
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.load_cert_chain(names["CLIENT"])
    for verify, source, expected in CASES:
        text = RULES.replace("VERIFY", verify).replace("SOURCE", source)
        for name, file in names.items():
            text = text.replace(name, str(file))
        assert let_in(text, tmp_path, client) is expected, (verify, source)
