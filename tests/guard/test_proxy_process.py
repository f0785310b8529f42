"""`batten guard run` as a process: TLS, reload, workers that die, the end, and what operators see."""

from __future__ import annotations

import datetime
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest
from cases.case import GOOD_LIST, asked
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from guard_clients import Client
from guard_contracts import TEXT
from guard_processes import BATTEN, get, running
from guard_upstream import upstream

from batten.guard.traffic.traffic_file import read
from waiting import BOUND, until


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, secret = folder / "cert.pem", folder / "key.pem"
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return pem, secret


def _shown(port: int) -> str:
    """The certificate's name, over a handshake of now."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), BOUND) as plain, context.wrap_socket(plain) as link:
        der = link.getpeercert(True)
    assert der is not None
    name = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0]
    return str(name.value)


def test_tls_and_its_reload(tmp_path: Path) -> None:
    pem, key = _certificate(tmp_path, "first")
    with (
        upstream() as behind,
        running(
            tmp_path,
            f"http://127.0.0.1:{behind.port}",
            "--cert",
            str(pem),
            "--key",
            str(key),
            "--workers",
            "1",
        ) as run,
    ):
        context = ssl.create_default_context(cafile=str(pem))
        link = http.client.HTTPSConnection("localhost", run.port, context=context, timeout=BOUND)
        link.request("GET", "/v1/things")
        answer = link.getresponse()
        assert answer.read() == GOOD_LIST and answer.headers["strict-transport-security"].startswith(
            "max-age=31536000"
        )
        assert b"x-forwarded-proto: https" in behind.raw[-1]
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with pytest.warns(DeprecationWarning):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", run.port), BOUND) as plain, pytest.raises(ssl.SSLError):
            old.wrap_socket(plain)
        _certificate(tmp_path, "second")
        until(lambda: _shown(run.port) == "second", "the new certificate is shown")
        pem.write_text("no certificate", encoding="ascii")
        until(
            lambda: "the old configuration stays in force" in run.log(),
            "the certificate that is none is told",
        )
        assert _shown(run.port) == "second"
        link.request("GET", "/v1/things")  # the connection of before
        assert link.getresponse().read() == GOOD_LIST
        link.close()


def test_reload_under_load_drops_nothing(tmp_path: Path) -> None:
    with upstream() as behind, running(tmp_path, f"http://127.0.0.1:{behind.port}", "--workers", "2") as run:
        ended = threading.Event()
        seen: list[int] = []
        loads = [threading.Thread(target=_load, args=(run.port, seen, ended)) for _ in range(4)]
        for load in loads:
            load.start()
        contract = tmp_path / "openapi.yaml"
        assert run.asked("/v1/new") == 404
        contract.write_text(
            TEXT.replace(
                "/events:",
                "/new: {get: {security: [], responses: {default: {description: x, content: {application/json: {}}}}}}\n  /events:",
            ),
            encoding="utf-8",
        )
        until(lambda: run.metric("batten_guard_reloads_total") == 1, "both workers take the contract")
        assert [run.asked("/v1/new") for _ in range(4)] == [200] * 4
        contract.write_text("openapi: [", encoding="utf-8")
        until(lambda: run.metric("batten_guard_reloads_failed_total") == 1, "the contract is refused")
        assert run.asked("/v1/new") == 200 and run.asked() == 200
        run.process.send_signal(signal.SIGHUP)
        until(
            lambda: run.metric("batten_guard_reloads_failed_total") == 2,
            "the contract is refused again",
        )
        assert run.asked("/v1/new") == 200
        contract.write_text(TEXT, encoding="utf-8")
        run.process.send_signal(signal.SIGHUP)
        until(lambda: all(run.asked("/v1/new") == 404 for _ in range(4)), "the old contract is back")
        ended.set()
        for load in loads:
            load.join()
        assert len(seen) > 100 and set(seen) == {200}


def _load(port: int, seen: list[int], ended: threading.Event) -> None:
    client = Client(port)
    while not ended.is_set():
        client.send(asked("GET /v1/things"))
        seen.append(client.answer().status)
    client.close()


def test_killed_worker_comes_back(tmp_path: Path) -> None:
    with upstream() as behind, running(tmp_path, f"http://127.0.0.1:{behind.port}", "--workers", "2") as run:
        before = run.children()
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len(run.children()) == 2 and before[0] not in run.children(), "a worker is started")
        until(lambda: run.metric("batten_guard_workers") == 2, "it is counted")
        assert [run.asked() for _ in range(20)] == [200] * 20
        assert "is restarted" in run.log()


def test_end_answers_what_is_under_way(tmp_path: Path) -> None:
    with (
        upstream() as behind,
        running(
            tmp_path, f"http://127.0.0.1:{behind.port}", "--workers", "1", "--answer-seconds", "2"
        ) as run,
    ):
        idle, busy = Client(run.port), Client(run.port)
        idle.send(asked("GET /v1/things"))
        assert idle.answer().status == 200
        busy.send(asked("GET /v1/things", play="hang"))
        until(lambda: len(behind.seen) == 2, "the second request is under way")
        run.process.terminate()
        assert idle.is_at_end()
        assert busy.answer().status == 504 and busy.is_at_end()
        idle.close()
        busy.close()
        assert run.process.wait(BOUND) == 0


def test_access_log_and_metrics(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    with (
        upstream() as behind,
        running(
            tmp_path, f"http://127.0.0.1:{behind.port}", "--workers", "1", "--access-log", str(log)
        ) as run,
    ):
        client = Client(run.port)
        for request in (asked("GET /v1/things?token=hunter2", "Authorization: Bearer hunter2", "Cookie: sid=hunter2"), asked("GET /v1/admin"),
                        asked("GET /v1/things", play="trace"), b"GET\r\n\r\n"):  # fmt: skip
            client.send(request)
            client.answer()
        client.close()
        until(
            lambda: log.exists() and log.read_text(encoding="utf-8").count("\n") == 4, "four lines of the log"
        )
        text = log.read_text(encoding="utf-8")
        first, second, third, fourth = map(json.loads, text.splitlines())
        assert "hunter2" not in text
        assert (first["operation"], first["status"], first["path"]) == ("GET /v1/things", 200, "/v1/things")
        assert (second["rule"], third["rule"], fourth["rule"]) == (
            "path",
            "answer-media-type",
            "head",
        ) or third["rule"] == "answer-status"
        assert third["reference"] in run.log() and "secret" not in text
        log.rename(tmp_path / "old.log")
        run.process.send_signal(signal.SIGHUP)
        until(log.exists, "the log is opened anew")
        assert run.metric('batten_guard_requests_total{operation="(none)",status_class="4xx"}') == 2
        assert run.metric('batten_guard_enforced_total{rule="path"}') == 1
        of = 'batten_guard_request_duration_seconds_count{operation="%s"}'
        assert run.metric(of % "(none)") == run.metric(of % "GET /v1/things") == 2
        assert get(run.admin, "/nothing")[0] == 404


def test_traffic_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "traffic.db"
    with (
        upstream() as behind,
        running(tmp_path, f"http://127.0.0.1:{behind.port}", "--workers", "2", "--traffic", str(kept)) as run,
    ):
        for path in ("/v1/admin", "/v1/admin", "/v1/things"):
            run.asked(path)
    rows, _ = read(kept)
    assert [(row.rule, row.method, row.path) for row in rows] == [("path", "GET", "/v1/admin")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_full_disk_stops_no_traffic(tmp_path: Path) -> None:
    with (
        upstream() as behind,
        running(
            tmp_path, f"http://127.0.0.1:{behind.port}", "--workers", "1", "--access-log", "/dev/full"
        ) as run,
    ):
        assert [run.asked() for _ in range(5)] == [200] * 5
        until(
            lambda: run.metric("batten_guard_access_log_lost_total") == 5, "lost lines of the log are counted"
        )
        assert run.asked() == 200


def test_upstream_over_tls_is_verified(tmp_path: Path) -> None:
    pem, key = _certificate(tmp_path, "upstream")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve_tls, args=(listener, context), daemon=True).start()
        url = f"https://localhost:{listener.getsockname()[1]}"
        with running(tmp_path, url, "--workers", "1") as run:
            assert run.asked() == 502
        with running(tmp_path, url, "--workers", "1", "--upstream-ca", str(pem)) as run:
            assert run.asked() == 200
        with running(
            tmp_path, url.replace("localhost", "127.0.0.1"), "--workers", "1", "--upstream-ca", str(pem)
        ) as run:
            assert run.asked() == 502


def _serve_tls(listener: socket.socket, context: ssl.SSLContext) -> None:
    said = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        try:
            with context.wrap_socket(plain, server_side=True) as link:
                while link.recv(65_536):
                    link.sendall(said)
        except OSError:
            continue


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--upstream", "ftp://a"), "is not an upstream"),
        (("--upstream", "http://a/path"), "is not an upstream"),
        (("--upstream", "http://127.0.0.1:1", "--listen", "8443"), "is not an address"),
        (("--upstream", "http://127.0.0.1:1", "--admin", "198.51.100.7:9000"), "cannot listen on"),
        (("--upstream", "http://127.0.0.1:1", "--cert", "none.pem"), "certificate cannot be used"),
        (("--upstream", "http://127.0.0.1:1", "--key", "none.pem"), "requires --cert"),
        (("--upstream", "http://127.0.0.1:1", "--rule", "paths=observe"), "neither a rule"),
        (("--upstream", "http://127.0.0.1:1", "--rule", "path=look"), "NAME=observe"),
        (("--upstream", "http://127.0.0.1:1", "--contract", "none.yaml"), "cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told(tmp_path: Path, more: tuple[str, ...], told: str) -> None:
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    done = subprocess.run(
        [str(BATTEN), "guard", "run", *more],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )
    assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr


def test_connections_leave_nothing_behind(tmp_path: Path) -> None:
    """Not even for a collection that comes seldom, as it does in commands that end soon."""
    with upstream() as behind, running(tmp_path, f"http://127.0.0.1:{behind.port}", "--workers", "1") as run:
        (worker,) = run.children()
        for _ in range(2):
            before = _kilobytes(worker)
            for _ in range(3_000):
                socket.create_connection(("127.0.0.1", run.port)).close()
        until(lambda: run.metric("batten_guard_client_connections") == 0, "all connections are gone")
        assert _kilobytes(worker) - before < 1_000


def _kilobytes(process: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    return int(found[1]) if found else 0
