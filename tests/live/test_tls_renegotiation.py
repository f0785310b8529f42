"""Second handshakes that a client begins, at servers that take them and at servers that do not; as testssl.sh and sslyze see it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from assessed import assess as assess_environment
from hypothesis import given
from hypothesis import strategies as st
from live_servers import nginx, raw, running
from product_cases import installed
from tls_servers import (
    LEGACY,
    assess,
    assessed,
    hello_of,
    read_hello,
    refusal,
    rsa_pair,
    s_server,
    server_hello,
)

from batten.engine.review import Review, live_findings
from batten.facts import Observed
from batten.formats import Workspace
from batten.live.exchange import NotAnswered
from batten.live.tls.hello import Malformed
from batten.live.tls.renegotiation import _exchanged
from batten.policy import Environment, Policy
from needs import program
from proofs import PROOF
from servers import free_port

TAKES = ("-client_renegotiation",)
SUITES = {
    "ECDHE-RSA-AES128-GCM-SHA256": True,
    "ECDHE-RSA-AES256-GCM-SHA384": True,
    "ECDHE-RSA-CHACHA20-POLY1305": True,
    "AES256-SHA": None,  # static RSA is not spoken here: unknown
}


@pytest.mark.parametrize(("suite", "taken"), SUITES.items())
def test_openssl_with_each_kind_of_suite(suite: str, taken: bool | None, tmp_path: Path) -> None:
    with s_server(tmp_path, "-tls1_2", "-cipher", suite, *TAKES) as port:
        answer = assessed(port)
    assert (answer.traits.client_renegotiation, answer.unclear) == (taken, ())


@pytest.mark.parametrize("group", ["X25519", "P-256", "P-384", "P-521", "X448"])
def test_openssl_with_each_group(group: str, tmp_path: Path) -> None:
    with s_server(tmp_path, "-tls1_2", "-groups", group, *TAKES) as port:
        assert assessed(port).traits.client_renegotiation is True


REFUSE: dict[str, tuple[tuple[str, ...], bool | None]] = {
    "by default": (("-tls1_2",), False),
    "TLS 1.3 has none": (("-tls1_3",), None),
    "only clients with a certificate": (("-tls1_2", "-Verify", "1", *TAKES), None),
    "TLS 1.1": (("-tls1_1", "-cipher", LEGACY, *TAKES), None),
}


@pytest.mark.parametrize(("options", "told"), REFUSE.values(), ids=REFUSE.keys())
def test_openssl_that_takes_none(options: tuple[str, ...], told: bool | None, tmp_path: Path) -> None:
    with s_server(tmp_path, *options) as port:
        answer = assessed(port)
    assert (answer.traits.client_renegotiation, answer.unclear) == (told, ())


def _nginx(folder: Path, port: int) -> object:
    cert, key = rsa_pair(folder)
    server = f"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key}; return 404; }}"
    return nginx(folder, port, server)


def _haproxy(folder: Path, port: int) -> object:
    cert, key = rsa_pair(folder)
    (folder / "both.pem").write_text(cert.read_text() + key.read_text())
    config = f"""defaults
 mode http
 timeout connect 2s
 timeout client 10s
 timeout server 10s
frontend site
 bind 127.0.0.1:{port} ssl crt {folder}/both.pem
 http-request return status 404
"""
    (folder / "haproxy.cfg").write_text(config)
    return running([program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")], port, folder)


def _caddy(folder: Path, port: int) -> object:
    cert, key = rsa_pair(folder)
    site = f"{{\n admin off\n auto_https off\n}}\nhttps://localhost:{port} {{\n bind 127.0.0.1\n tls {cert} {key}\n respond 404\n}}\n"
    (folder / "Caddyfile").write_text(site)
    command = [program("caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    own = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return running(command, port, folder, environment=own)


def _python(folder: Path, port: int) -> object:
    cert, key = rsa_pair(folder)
    application = "async def app(scope, receive, send):\n    await send({'type': 'http.response.start', 'status': 404})\n    await send({'type': 'http.response.body'})\n"
    (folder / "shop_app.py").write_text(application)
    options = (f"--port={port}", f"--ssl-certfile={cert}", f"--ssl-keyfile={key}", "--lifespan=off")
    return running(
        [sys.executable, "-m", "uvicorn", "shop_app:app", f"--app-dir={folder}", *options], port, folder
    )


@pytest.mark.parametrize("serve", [_nginx, _haproxy, _caddy, _python])
def test_servers_in_use_take_none(serve: Callable[[Path, int], object], tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port):  # type: ignore[attr-defined]
        answer = assessed(port)
    assert (answer.traits.client_renegotiation, answer.unclear) == (False, ())


@given(st.binary(max_size=400))
def test_any_key_of_a_server_is_taken_or_refused(content: bytes) -> None:
    try:
        public, secret = _exchanged(content)
    except Malformed:
        return
    assert public and secret


@pytest.mark.parametrize(
    "second",
    [b"", b"\x16\3\3\0\0", bytes(40), b"\x16\3\3\0\4\x0e\0\0\0", b"\x16\3\3\0\x08\x0c\0\0\0\x0e\0\0\0"],
    ids=["end", "empty", "zeros", "done", "no key"],
)
def test_a_server_that_stops_in_the_middle_is_unclear_and_no_more(second: bytes) -> None:
    """What it had said before stays."""

    def answer(hello: bytes) -> bytes:
        whole = server_hello(0x0303, 0xC02F)
        return whole[:-4] + second if second else whole

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await read_hello(reader)
        writer.write(answer(hello))
        await writer.drain()

    async def told() -> None:
        async with raw(serve) as port:
            try:
                found = await assess(port)
            except NotAnswered:
                return
            assert found.traits.client_renegotiation is None
            assert any(line.startswith("renegotiation by clients: ") for line in found.unclear)

    asyncio.run(told())


def test_a_server_that_does_not_know_the_signal_of_a_client_that_falls_back() -> None:
    """No server that is still packaged is as old."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        record = await read_hello(reader)
        offered, listed, _ = hello_of(record) if not record[0] & 0x80 else (2, [], b"")
        taken = offered in (0x0302, 0x0303) and 0x002F in listed
        writer.write(server_hello(offered, 0x002F) if taken else refusal())
        await writer.drain()
        await reader.read()

    async def told() -> list[str]:
        async with raw(serve) as port:
            assessment = await assess_environment(
                Environment("t", "", tls=(f"tls://127.0.0.1:{port}",), rate=5000)
            )
        observed = [Observed(fact.at, "t", fact) for fact in assessment.facts]
        return [f.message for f in live_findings(observed, Review(Workspace(Path("/")), Policy()))]

    message = "the server ignores TLS_FALLBACK_SCSV (RFC 7507): an attacker on the path can force an obsolete version"
    assert message in asyncio.run(told())


# The same ports, asked by others.
PORTS = {
    "takes both": ("-min_protocol", "TLSv1", "-cipher", LEGACY, *TAKES),
    "takes none": ("-min_protocol", "TLSv1", "-cipher", LEGACY),
    "modern": ("-min_protocol", "TLSv1.2", *TAKES),
}


@pytest.mark.skipif(not PROOF, reason="takes 20 s each: `make proof`")
@pytest.mark.parametrize("options", PORTS.values(), ids=PORTS.keys())
def test_testssl_and_sslyze(options: tuple[str, ...], tmp_path: Path) -> None:
    with s_server(tmp_path, *options) as port:
        traits = assessed(port).traits
        told = _testssl(port, tmp_path)
        scan = _sslyze(port)
    assert traits.client_renegotiation is ("VULNERABLE" in told["secure_client_renego"].split(",")[0].split())
    assert traits.secure_renegotiation is told["secure_renego"].startswith("supported")
    if traits.fallback_scsv is not None:
        if "no protocol below" not in told["fallback_SCSV"]:
            assert traits.fallback_scsv is told["fallback_SCSV"].startswith("supported")
        assert traits.fallback_scsv is scan["tls_fallback_scsv"]["supports_fallback_scsv"]
    if scan["session_renegotiation"] is not None:  # sslyze gives up where its own third handshake fails
        theirs = scan["session_renegotiation"]
        assert traits.client_renegotiation is theirs["is_vulnerable_to_client_renegotiation_dos"]
        assert traits.secure_renegotiation is theirs["supports_secure_renegotiation"]


def _testssl(port: int, folder: Path) -> dict[str, str]:
    told = folder / "told.json"
    command = [program("testssl.sh", "testssl"), "--quiet", "--color", "0", "--warnings", "batch", "-R", "-Z"]
    command += ["--jsonfile", str(told), f"127.0.0.1:{port}"]
    subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL, cwd=folder)
    return {row["id"]: row["finding"] for row in json.loads(told.read_text())}


def _sslyze(port: int) -> dict[str, dict[str, bool]]:
    command = [installed("sslyze", "sslyze"), "--reneg", "--fallback", "--json_out=-", f"127.0.0.1:{port}"]
    out = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    (scan,) = json.loads(out)["server_scan_results"]
    return {
        name: scan["scan_result"][name]["result"] for name in ("session_renegotiation", "tls_fallback_scsv")
    }
