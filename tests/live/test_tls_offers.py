"""Ground truth: what real servers were told to take is what is found, suite by suite."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from live_servers import authority, certificate, nginx, running, write_anchor, write_pem
from tls_servers import (
    LEGACY,
    assessed,
    openssl,
    rsa_pair,
    run_openssl,
    s_server,
    served,
    speaker,
    suites,
    versions,
)

from batten.live.tls.groups import GROUPS
from batten.live.tls.suites import FORMER, IANA, MODERN, SUITES, suite_name
from batten.live.tls.suites import LEGACY as BEFORE_1_3
from needs import program
from servers import free_port

SSLV3, TLSV1 = 0x0300, 0x0301


def openssl_suites(words: str) -> dict[int, tuple[str, str]]:
    """Number -> (IANA's name, OpenSSL's) of what this OpenSSL has."""
    out = subprocess.run(
        [openssl(), "ciphers", "-V", "-stdname", words], check=True, capture_output=True, text=True
    )
    rows = (line.split() for line in out.stdout.splitlines())
    return {int(r[0].replace("0x", "").replace(",", ""), 16): (r[2], r[4]) for r in rows}


def test_the_table_agrees_with_openssl() -> None:
    known = openssl_suites("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    assert {n: (IANA[n], SUITES[n]) for n in known} == known


def test_the_table_is_the_registry() -> None:
    ranges = ((0x01, 0x1B), (0x1E, 0x46), (0x67, 0x6D), (0x84, 0xC7), (0xC001, 0xC0B5), (0xC100, 0xC106))
    numbers = {n for low, high in ranges for n in range(low, high + 1)}
    numbers |= {*range(0xCCA8, 0xCCAF), 0xD001, 0xD002, 0xD003, 0xD005, *range(0x1301, 0x1308)}
    beside = {*range(0x60, 0x67), 0xCC13, 0xCC14, 0xCC15, 0xFEFE, 0xFEFF}
    assert set(IANA) == numbers | beside
    assert set(MODERN) | set(BEFORE_1_3) == set(IANA)
    assert set(FORMER) < set(BEFORE_1_3)


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"])
def test_one_version_only(version: str, tmp_path: Path) -> None:
    flag = version.lower().replace("v", "").replace(".", "_")
    with s_server(tmp_path, f"-{flag}", "-cipher", LEGACY) as port:
        answer = assessed(port)
    assert versions(answer) == (version,)
    assert set(answer.refused) == {"SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"} - {version}
    assert answer.unclear == ()
    assert len(answer.shown) == 1


def test_every_suite_that_openssl_has_without_keys_shared_before(tmp_path: Path) -> None:
    with s_server(tmp_path, "-min_protocol", "TLSv1", "-cipher", LEGACY) as port:
        found = suites(assessed(port))
    rsa = {
        name
        for iana, name in openssl_suites(f"{LEGACY}:!aDSS:!aECDSA").values()
        if "PSK" not in iana and "SRP" not in iana and "_WITH_" in iana
    }
    assert found["TLSv1.2"] == rsa
    assert found["TLSv1"] == found["TLSv1.1"] == {n for n in rsa if n in {SUITES[f] for f in FORMER}}
    assert found["TLSv1.3"] == {
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
    }


def test_suites_of_tls_1_3_without_encryption(tmp_path: Path) -> None:
    words = (
        "-tls1_3",
        "-ciphersuites",
        "TLS_SHA256_SHA256:TLS_AES_128_CCM_8_SHA256",
        "-cipher",
        "ALL:@SECLEVEL=0",
    )
    with s_server(tmp_path, *words) as port:
        found = suites(assessed(port))
    assert found == {"TLSv1.3": {"TLS_SHA256_SHA256", "TLS_AES_128_CCM_8_SHA256"}}


def test_preshared_keys(tmp_path: Path) -> None:
    with s_server(
        tmp_path, "-tls1_2", "-psk", "00112233", "-cipher", "PSK-AES128-CBC-SHA256:DHE-PSK-AES128-GCM-SHA256"
    ) as port:
        found = suites(assessed(port))
    assert found == {"TLSv1.2": {"PSK-AES128-CBC-SHA256", "DHE-PSK-AES128-GCM-SHA256"}}


def test_sslv3_and_its_suites() -> None:
    answer = served(speaker(SSLV3, 0x0004, 0x000A, 0x0003))
    assert suites(answer) == {"SSLv3": {"RC4-MD5", "DES-CBC3-SHA", "EXP-RC4-MD5"}}
    assert answer.traits.server_preference is True


def test_sslv2_is_detected_and_not_spoken() -> None:
    async def serve(reader, writer) -> None:  # type: ignore[no-untyped-def]
        head = await reader.readexactly(2)
        if head[0] & 0x80:
            kinds, proof, connection = bytes.fromhex("010080020080"), b"certificate", bytes(16)
            lengths = len(proof).to_bytes(2, "big") + len(kinds).to_bytes(2, "big") + b"\0\x10"
            body = b"\4\0\1\0\2" + lengths + proof + kinds + connection
            writer.write((0x8000 | len(body)).to_bytes(2, "big") + body)
            await writer.drain()

    answer = served(serve)
    assert suites(answer) == {"SSLv2": {"RC4-MD5", "EXP-RC4-MD5"}}


def test_compression_and_renegotiation_of_an_old_server() -> None:
    traits = served(speaker(TLSV1, 0x002F, compression=True)).traits
    assert (traits.compression, traits.secure_renegotiation) == (True, False)


@pytest.mark.parametrize("bits", [1024, 2048])
def test_the_finite_field(bits: int, tmp_path: Path) -> None:
    run_openssl(tmp_path, "dhparam", "-dsaparam", "-out", "dh.pem", str(bits))
    cert, key = rsa_pair(tmp_path)
    port = free_port()
    server = f"""server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key};
        ssl_protocols TLSv1.2; ssl_ciphers DHE:@SECLEVEL=0; ssl_dhparam {tmp_path}/dh.pem; return 404; }}"""
    with nginx(tmp_path, port, server):
        assert assessed(port).traits.dh_bits == bits


def test_groups_with_hybrids(tmp_path: Path) -> None:
    wanted = ("X25519MLKEM768", "SecP256r1MLKEM768", "x25519", "secp256r1", "ffdhe2048")
    words = "X25519MLKEM768:SecP256r1MLKEM768:X25519:P-256:ffdhe2048"
    with s_server(tmp_path, "-tls1_3", "-groups", words) as port:
        traits = assessed(port).traits
    assert set(traits.groups) == set(wanted)
    assert any("MLKEM" in group for group in traits.groups)


@pytest.mark.parametrize("preference", [True, False])
def test_whose_order_of_suites_decides(preference: bool, tmp_path: Path) -> None:
    with s_server(tmp_path, "-tls1_2", *(("-serverpref",) if preference else ())) as port:
        assert assessed(port).traits.server_preference is preference


def test_curves_with_an_ecdsa_certificate(tmp_path: Path) -> None:
    signed = write_pem(tmp_path, certificate(None))
    with s_server(tmp_path, "-tls1_2", "-curves", "P-384:X25519:P-256", "-serverpref", signed=signed) as port:
        assert set(assessed(port).traits.groups) == {"secp384r1", "secp256r1", "x25519"}


def test_features_of_a_modern_server(tmp_path: Path) -> None:
    anchor = authority()
    cert, key = write_pem(tmp_path, certificate(anchor))
    port = free_port()
    server = f"""server {{ listen 127.0.0.1:{port} ssl; http2 on; ssl_certificate {cert}; ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on; return 404; }}"""
    with nginx(tmp_path, port, server):
        answer = assessed(port, str(write_anchor(tmp_path, anchor)))
    traits = answer.traits
    assert traits.protocols == ("h2", "http/1.1")
    assert (traits.http2, traits.secure_renegotiation, traits.extended_master_secret) == (True, True, True)
    assert (traits.fallback_scsv, traits.compression, traits.tickets) == (True, False, True)
    assert (traits.stapling, traits.asks_certificate) == (False, False)
    assert traits.without_name == "the same certificate"
    assert [s.verify_code for s in answer.shown] == [0]


def test_another_certificate_without_a_name(tmp_path: Path) -> None:
    cert, key = write_pem(tmp_path, certificate(None))
    (tmp_path / "other").mkdir()
    other, other_key = write_pem(tmp_path / "other", certificate(None, "other.example.com"))
    port = free_port()
    listen = f"listen 127.0.0.1:{port} ssl"
    servers = f"""
    server {{ {listen} default_server; ssl_certificate {other}; ssl_certificate_key {other_key}; return 404; }}
    server {{ {listen}; server_name localhost; ssl_certificate {cert}; ssl_certificate_key {key}; return 404; }}"""
    with nginx(tmp_path, port, servers):
        assert assessed(port).traits.without_name == "another certificate"


def test_a_port_that_wants_a_name(tmp_path: Path) -> None:
    cert, key = write_pem(tmp_path, certificate(None))
    port = free_port()
    listen = f"listen 127.0.0.1:{port} ssl"
    servers = f"""
    server {{ {listen} default_server; ssl_reject_handshake on; }}
    server {{ {listen}; server_name localhost; ssl_certificate {cert}; ssl_certificate_key {key}; return 404; }}"""
    with nginx(tmp_path, port, servers):
        answer = assessed(port)
    assert answer.traits.without_name == "refused"
    assert versions(answer) == ("TLSv1.2", "TLSv1.3")


def test_a_client_certificate_that_is_asked_for(tmp_path: Path) -> None:
    for version in ("-tls1_2", "-tls1_3"):
        with s_server(tmp_path, version, "-Verify", "1") as port:
            assert assessed(port).traits.asks_certificate is True


def test_two_certificates_are_both_seen(tmp_path: Path) -> None:
    anchor = authority()
    cert, key = write_pem(tmp_path, certificate(anchor))
    rsa, rsa_key = rsa_pair(tmp_path)
    ca = str(write_anchor(tmp_path, anchor))
    for version in ("-tls1_2", "-tls1_3"):
        options = (version, "-dcert", str(cert), "-dkey", str(key))
        with s_server(tmp_path, *options, signed=(rsa, rsa_key)) as port:
            shown = assessed(port, ca).shown
        codes = {s.verify_code for s in shown if s.judged}
        assert len(shown) == 2
        assert version == "-tls1_3" or codes == {0, 18}


def test_haproxy(tmp_path: Path) -> None:
    binary = program("haproxy")
    cert, key = rsa_pair(tmp_path)
    both = tmp_path / "both.pem"
    both.write_text(cert.read_text() + key.read_text())
    port = free_port()
    config = tmp_path / "haproxy.cfg"
    config.write_text(f"""
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend www
    bind 127.0.0.1:{port} ssl crt {both} ssl-min-ver TLSv1.2 ciphers ECDHE-RSA-AES128-GCM-SHA256 alpn h2,http/1.1
    http-request return status 404
""")
    with running([binary, "-db", "-f", str(config)], port, tmp_path):
        answer = assessed(port)
    assert suites(answer)["TLSv1.2"] == {"ECDHE-RSA-AES128-GCM-SHA256"}
    assert versions(answer) == ("TLSv1.2", "TLSv1.3")
    assert (answer.traits.protocols, answer.traits.http2) == (("h2", "http/1.1"), True)


def test_names_of_groups_and_suites() -> None:
    assert (GROUPS[29], GROUPS[30], GROUPS[256], GROUPS[0x11EC]) == (
        "x25519",
        "x448",
        "ffdhe2048",
        "X25519MLKEM768",
    )
    assert (GROUPS[23], GROUPS[31], GROUPS[513]) == ("secp256r1", "brainpoolP256r1tls13", "MLKEM768")
    assert (suite_name(0xC02F), suite_name(0x0700C0), suite_name(0xFAFA)) == (
        "ECDHE-RSA-AES128-GCM-SHA256",
        "DES-CBC3-MD5",
        "0xFAFA",
    )
