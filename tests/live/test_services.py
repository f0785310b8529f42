"""Ports of mail, directories and files: named on the command line or in batten.yaml, with TLS and without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import mail_servers as servers
import pytest
from assessed import run
from live_servers import Signed, authority, certificate, running, write_anchor, write_pem

from batten.engine.review import Review, live_findings
from batten.facts import Certificate, Observed, TlsOffer
from batten.formats import Workspace
from batten.live.runner import Assessment
from batten.live.scope import scope_of
from batten.live.tls.services import complaint, service
from batten.policy import Environment, Policy
from batten.policy.load import parse_policy
from servers import free_port
from waiting import BOUND

SERVERS: dict[str, servers.Serve] = {
    "smtp": servers.smtp,
    "imap": servers.imap,
    "pop3": servers.pop3,
    "ldap": servers.ldap,
    "ftp": servers.ftp,
}


LISTED = ("listing-off", "directory listing is on below `/` for anonymous FTP clients")


@pytest.fixture(scope="module")
def anchor() -> Signed:
    return authority()


def asked(entry: str, ca: str = "") -> tuple[Assessment, set[tuple[str, str]]]:
    assessment = run(Environment("test", "", tls=(entry,), ca=ca, rate=5000))
    observed = [Observed(f.at, "test", f) for f in assessment.facts]
    found = live_findings(observed, Review(Workspace(Path("/")), Policy()))
    return assessment, {(f.control, f.message) for f in found}


@pytest.mark.parametrize("scheme", SERVERS)
def test_tls_begins_in_the_protocol(scheme: str, anchor: Signed, tmp_path: Path) -> None:
    pem = [str(p) for p in write_pem(tmp_path, certificate(anchor))]
    port = free_port()
    with SERVERS[scheme](tmp_path, port, pem):
        assessment, _ = asked(f"{scheme}://localhost:{port}", str(write_anchor(tmp_path, anchor)))
    offer = next(f for f in assessment.facts if isinstance(f, TlsOffer))
    shown = next(f for f in assessment.facts if isinstance(f, Certificate))
    assert {"TLSv1.2", "TLSv1.3"} >= set(offer.protocols) > set()
    assert (shown.trusted.value, shown.name_matches.value) == (True, True)
    assert shown.at.source == f"{scheme}://localhost:{port}"
    assert assessment.not_assessed == []


@pytest.mark.parametrize("scheme", SERVERS)
def test_a_port_that_offers_no_tls_is_found(scheme: str, tmp_path: Path) -> None:
    port = free_port()
    with SERVERS[scheme](tmp_path, port, ()):
        assessment, found = asked(f"{scheme}://127.0.0.1:{port}")
    name = scheme.upper()
    clear = ("tls-required", f"{name} stays unencrypted: the server offers no STARTTLS")
    assert found - {LISTED} == {clear}
    assert (LISTED in found) is (scheme == "ftp")  # as vsftpd does by itself
    assert assessment.not_assessed == []


@pytest.mark.parametrize("tls", [False, True])
def test_what_an_anonymous_client_of_ftp_is_listed(tls: bool, anchor: Signed, tmp_path: Path) -> None:
    port, root = free_port(), tmp_path / "root"
    (root / "data").mkdir(parents=True)
    for name, mode in ((".env", 0o644), ("id_rsa", 0o600), ("readme.txt", 0o644)):
        (root / name).write_text("x")
        (root / name).chmod(mode)
    tmp_path.chmod(0o755)
    pem = [str(p) for p in write_pem(tmp_path, certificate(anchor))] if tls else ()
    more = "allow_anon_ssl=YES\nforce_anon_logins_ssl=YES\n" if tls else ""
    with servers.ftp(tmp_path, port, pem, f"anon_root={root}\nforce_dot_files=YES\n{more}"):
        assessment, found = asked(f"ftp://localhost:{port}")
    names = "and names `/.env`, `/id_rsa`"
    assert ("listing-off", f"directory listing is on below `/` for anonymous FTP clients {names}") in found
    assert [message for control, message in found if control == "file-not-served"] == [
        "`/.env` is served (environment file by its name, listed to anonymous FTP clients; not fetched)"
    ]
    assert assessment.not_assessed == []


def test_an_ftp_server_that_refuses_anonymous_clients_lists_nothing(tmp_path: Path) -> None:
    port = free_port()
    with servers.ftp(tmp_path, port, (), "anonymous_enable=NO\nlocal_enable=YES\n"):
        assessment, found = asked(f"ftp://127.0.0.1:{port}")
    assert {control for control, _ in found} == {"tls-required"}
    assert assessment.not_assessed == []


def test_what_is_not_asked_at_a_port_is_said(tmp_path: Path) -> None:
    port = free_port()
    with servers.smtp(tmp_path, port, ()):
        assessment, _ = asked(f"smtp://127.0.0.1:{port}")
    assert ["log-in of SMTP" in problem.message for problem in assessment.left_alone] == [True]


def test_another_protocol_than_the_one_that_is_named_is_no_finding(tmp_path: Path) -> None:
    port = free_port()
    with servers.smtp(tmp_path, port, ()):
        assessment, found = asked(f"imap://127.0.0.1:{port}")
    assert found == set()
    assert ["the TLS upgrade of imap" in p.message for p in assessment.not_assessed] == [True]


def test_tls_at_once(anchor: Signed, tmp_path: Path) -> None:
    cert, key = (str(p) for p in write_pem(tmp_path, certificate(anchor)))
    port = free_port()
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}"]
    with running([*command, "--smtpscert", cert, "--smtpskey", key], port, tmp_path):
        assessment, _ = asked(f"smtps://localhost:{port}", str(write_anchor(tmp_path, anchor)))
    shown = next(f for f in assessment.facts if isinstance(f, Certificate))
    assert shown.trusted.value is True


def test_the_command_line_and_batten_yaml_name_such_ports(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "batten.yaml").write_text(
        f"environments:\n  mail: {{tls: [smtp://127.0.0.1:{port}], rate: 5000}}\n"
    )
    with servers.smtp(tmp_path, port, ()):
        told = [probed(tmp_path, target) for target in (f"smtp://127.0.0.1:{port}", "mail")]
    assert [{f["control"] for f in report["findings"]} for report in told] == [{"tls-required"}] * 2


def probed(folder: Path, target: str) -> dict[str, list[dict[str, str]]]:
    command = [
        str(Path(sys.executable).with_name("batten")),
        "probe",
        target,
        "--allow",
        "127.0.0.1:*",
        "--format",
        "json",
    ]
    out = subprocess.run(command, cwd=folder, capture_output=True, timeout=BOUND)
    assert out.returncode == 0, out.stderr  # on loopback for information only
    report: dict[str, list[dict[str, str]]] = json.loads(out.stdout)
    return report


def test_what_an_entry_names() -> None:
    assert [
        (s.port, s.begun) for e in ("ldap://d", "imaps://[::1]", "submission://m:2525") if (s := service(e))
    ] == [
        (389, "ldap"),
        (993, ""),
        (2525, "smtp"),
    ]
    assert complaint("gopher://host").startswith("'gopher://host' is not a port with TLS")
    assert all(complaint(e) for e in ("smtp://", "smtp://host:none", "mail.example.com"))
    (environment,) = parse_policy(
        "batten.yaml", "environments:\n  mail: {tls: [smtp://m, gopher://m]}"
    ).environments
    assert scope_of(environment) == {("m", 25)}
    assessment, _ = asked("gopher://m")
    assert ["is not a port with TLS" in p.message for p in assessment.not_assessed] == [True]
