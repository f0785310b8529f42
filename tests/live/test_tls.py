"""The TLS prober against a real nginx, and each cause of a bad certificate for itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from live_servers import (
    Signed,
    authority,
    certificate,
    intermediate,
    nginx,
    raw,
    write_anchor,
    write_pem,
)

from batten.facts import Certificate, Listener
from batten.formats.certificates import matches
from batten.live.runner import Assessment, conduct
from batten.live.survey import Survey
from batten.live.tls.hello import Malformed, Offer, client_hello, server_hello, tls_record
from batten.live.tls.suites import SUITES
from batten.model import UNKNOWN
from batten.policy import Environment
from servers import free_port
from waiting import forever

OLD = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0;"


def _assessed(
    folder: Path, signed: Signed, *chain: Signed, anchor: Signed | None, tls: str = ""
) -> Assessment:
    port = free_port()
    cert, key = write_pem(folder, signed, *chain)
    server = f"""server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key}; {tls}
        return 404; }}"""
    ca = str(write_anchor(folder, anchor)) if anchor else ""
    environment = Environment("test", f"https://localhost:{port}", ca=ca, rate=5000, budget=80)
    with nginx(folder, port, server):
        return asyncio.run(conduct(Survey(environment)))


F = TypeVar("F")


def _one(assessment: Assessment, kind: type[F]) -> F:
    return next(f for f in assessment.facts if isinstance(f, kind))


def test_old_versions_and_their_suites_are_found(tmp_path: Path) -> None:
    anchor = authority()
    listener = _one(_assessed(tmp_path, certificate(anchor), anchor=anchor, tls=OLD), Listener)
    assert listener.protocols is not None
    assert listener.protocols.value == ("TLSv1", "TLSv1.1", "TLSv1.2")
    assert set(listener.suites) == {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-GCM-SHA256"}


def test_a_modern_listener_takes_tls_1_3_only(tmp_path: Path) -> None:
    anchor = authority()
    listener = _one(
        _assessed(tmp_path, certificate(anchor), anchor=anchor, tls="ssl_protocols TLSv1.3;"), Listener
    )
    assert listener.protocols is not None
    assert listener.protocols.value == ("TLSv1.3",)
    assert "TLS_AES_256_GCM_SHA384" in listener.suites
    assert all(s.startswith("TLS_") for s in listener.suites)


def test_a_good_certificate(tmp_path: Path) -> None:
    anchor = authority()
    between = intermediate(anchor)
    found = _one(_assessed(tmp_path, certificate(between), between, anchor=anchor), Certificate)
    assert (found.trusted.value, found.chain_complete.value, found.name_matches.value) == (True, True, True)
    assert (found.key, found.signature, found.self_signed) == ("EC secp256r1", "sha256", False)


def test_a_missing_intermediate(tmp_path: Path) -> None:
    anchor = authority()
    leaf = certificate(intermediate(anchor), fetchable=True)
    found = _one(_assessed(tmp_path, leaf, anchor=anchor), Certificate)
    assert (found.trusted.value, found.chain_complete.value) == (False, False)


def test_another_issuer(tmp_path: Path) -> None:
    found = _one(_assessed(tmp_path, certificate(authority("Other")), anchor=authority()), Certificate)
    assert (found.trusted.value, found.chain_complete.value) == (False, UNKNOWN)


def test_expired_and_for_another_name_are_two_causes_and_the_issuer_is_none(tmp_path: Path) -> None:
    anchor = authority()
    found = _one(
        _assessed(tmp_path, certificate(anchor, "api.example.com", days=-3), anchor=anchor), Certificate
    )
    assert found.not_after < datetime.now(UTC)
    assert (found.trusted.value, found.name_matches.value) == (True, False)


def test_self_signed(tmp_path: Path) -> None:
    found = _one(_assessed(tmp_path, certificate(None), anchor=authority()), Certificate)
    assert (found.self_signed, found.trusted.value) == (True, False)


def test_credentials_are_not_sent_over_a_channel_that_cannot_be_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBE_TOKEN", "s3cr3t-token-value")
    port = free_port()
    cert, key = write_pem(tmp_path, certificate(None))
    server = f"""log_format seen '$http_authorization'; server {{ listen 127.0.0.1:{port} ssl;
        ssl_certificate {cert}; ssl_certificate_key {key}; access_log {tmp_path}/seen.log seen; return 404; }}"""
    headers = {"Authorization": "Bearer ${PROBE_TOKEN}"}
    environment = Environment("test", f"https://localhost:{port}", headers=headers, rate=5000, budget=200)
    with nginx(tmp_path, port, server):
        assessment = asyncio.run(conduct(Survey(environment)))
    assert "s3cr3t" not in (tmp_path / "seen.log").read_text()
    assert any("no credentials were sent" in p.message for p in assessment.not_assessed)


def test_the_good_certificate_of_an_asset_host_vouches_for_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBE_TOKEN", "s3cr3t-token-value")
    anchor, api, assets = authority(), free_port(), free_port()
    (tmp_path / "bad").mkdir()
    servers = f"log_format seen '$http_authorization'; access_log {tmp_path}/seen.log seen;"
    for port, signed, folder in (
        (assets, certificate(anchor), tmp_path),
        (api, certificate(None), tmp_path / "bad"),
    ):
        cert, key = write_pem(folder, signed)
        servers += f"""server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key};
            access_log {tmp_path}/seen.log seen; return 404; }}"""
    environment = Environment(
        "test",
        f"https://localhost:{api}",
        ca=str(write_anchor(tmp_path, anchor)),
        assets=(f"https://localhost:{assets}",),
        headers={"Authorization": "Bearer ${PROBE_TOKEN}"},
        rate=5000,
        budget=200,
    )
    with nginx(tmp_path, api, servers):
        asyncio.run(conduct(Survey(environment)))
    assert "s3cr3t" not in (tmp_path / "seen.log").read_text()


def test_a_port_that_says_nothing_is_not_assessed_in_bounded_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await forever()

    async def assessed() -> Assessment:
        async with raw(silent) as port:
            url = f"https://127.0.0.1:{port}"
            return await conduct(Survey(Environment("test", url, rate=5000, timeout=0.3)))

    assessment = asyncio.run(assessed())
    assert assessment.facts == []
    assert any("no answer to a ClientHello" in p.message for p in assessment.not_assessed)


def test_a_port_that_speaks_no_tls_says_so(tmp_path: Path) -> None:
    port = free_port()
    with nginx(tmp_path, port, f"server {{ listen 127.0.0.1:{port}; return 200; }}"):
        environment = Environment("test", f"https://127.0.0.1:{port}", rate=5000, budget=10)
        assessment = asyncio.run(conduct(Survey(environment)))
    assert any("a protocol other than TLS" in p.message for p in assessment.not_assessed)


@pytest.mark.parametrize(
    ("host", "pattern", "whether"),
    [
        ("api.example.com", "API.example.com", True),
        ("api.example.com", "*.example.com", True),
        ("a.api.example.com", "*.example.com", False),
        ("example.com", "*.example.com", False),
        ("api.com", "*.com", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "*.0.0.1", False),
        ("::1", "0:0:0:0:0:0:0:1", True),
    ],
)
def test_a_star_stands_for_one_label(host: str, pattern: str, whether: bool) -> None:
    assert matches(host, pattern) is whether


def test_hellos_are_well_formed_and_name_no_address() -> None:
    hello = client_hello(Offer(0x0303, tuple(SUITES)[:5], "api.example.com"))
    assert hello[:3] == b"\x16\x03\x01"
    assert int.from_bytes(hello[3:5], "big") == len(hello) - 5
    assert b"api.example.com" in hello
    assert b"127.0.0.1" not in client_hello(Offer(0x0304, tuple(SUITES)[:5], "127.0.0.1"))


@pytest.mark.parametrize("content", [b"", b"\x03\x03", b"\x03\x03" + b"\0" * 32 + b"\xff", b"\xff" * 40])
def test_a_twisted_server_hello_is_malformed_and_no_crash(content: bytes) -> None:
    with pytest.raises(Malformed):
        server_hello(content)


def test_what_is_no_record_is_malformed() -> None:
    with pytest.raises(Malformed, match="a protocol other than TLS"):
        tls_record(b"HTTP/")
