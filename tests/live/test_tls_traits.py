"""What real servers do beside versions and suites: OCSP stapling, HTTP/3, renegotiation, forward secrecy; and which of
Mozilla's configurations they keep to."""

from __future__ import annotations

import sys
from ctypes.util import find_library
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from assessed import run
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from live_servers import (
    Signed,
    authority,
    certificate,
    nginx,
    running,
    write_anchor,
    write_pem,
)
from store_servers import binary
from tls_servers import assessed, rsa_pair, s_server

from batten.engine.review import Review, live_findings
from batten.facts import Observed, TlsOffer
from batten.formats import Workspace
from batten.live.tls.mozilla import measured
from batten.policy import Environment, Policy
from needs import without
from servers import free_port


def judged(port: int, ca: str = "") -> tuple[TlsOffer, set[tuple[str, str]]]:
    assessment = run(Environment("t", f"https://localhost:{port}", ca=ca, rate=5000, budget=120))
    observed = [Observed(f.at, "t", f) for f in assessment.facts]
    found = live_findings(observed, Review(Workspace(Path("/")), Policy()))
    offer = next(f for f in assessment.facts if isinstance(f, TlsOffer))
    return offer, {(f.control, f.message) for f in found if f.control.startswith("tls-")}


def stapled(folder: Path, leaf: Signed, issuer: Signed) -> Path:
    """A responder's word that the certificate is good."""
    now = datetime.now(UTC)
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=leaf[0],
        issuer=issuer[0],
        algorithm=hashes.SHA1(),
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=now - timedelta(hours=1),
        next_update=now + timedelta(days=1),
        revocation_time=None,
        revocation_reason=None,
    )
    made = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer[0]).sign(issuer[1], hashes.SHA256())
    path = folder / "ocsp.der"
    path.write_bytes(made.public_bytes(serialization.Encoding.DER))
    return path


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_stapled_answer(version: str, tmp_path: Path) -> None:
    anchor = authority()
    leaf = certificate(anchor)
    answer = stapled(tmp_path, leaf, anchor)
    signed = write_pem(tmp_path, leaf)
    with s_server(tmp_path, version, "-status_file", str(answer), signed=signed) as port:
        found = assessed(port)
    assert found.traits.stapling is True
    assert [s.stapled for s in found.shown] == [True]


@pytest.mark.parametrize("offered", [True, False])
def test_http_3(offered: bool, tmp_path: Path) -> None:
    anchor = authority()
    cert, key = write_pem(tmp_path, certificate(anchor))
    port = free_port()
    three = (
        f"listen 127.0.0.1:{port} quic; add_header Alt-Svc 'h3=\":{port}\"; ma=60' always;" if offered else ""
    )
    server = f"""server {{ listen 127.0.0.1:{port} ssl; {three} server_name localhost; ssl_certificate {cert};
        ssl_certificate_key {key}; return 404; }}"""
    with nginx(tmp_path, port, server, binary("nginx")):
        offer, _ = judged(port, str(write_anchor(tmp_path, anchor)))
    assert (offer.traits.announces_http3, offer.traits.quic) == (offered, ("QUIC 1",) if offered else ())


@pytest.mark.parametrize("bound", [True, False])
def test_renegotiation_that_is_not_bound_to_its_connection(bound: bool, tmp_path: Path) -> None:
    anchor = authority()
    cert, key = write_pem(tmp_path, certificate(anchor))
    port = free_port()
    if find_library("gnutls") is None:
        without("libgnutls")
    priority = "NORMAL:-VERS-TLS1.3" + ("" if bound else ":%DISABLE_SAFE_RENEGOTIATION")
    program = str(Path(__file__).with_name("gnutls_server.py"))
    command = [sys.executable, program, str(port), priority, str(cert), str(key)]
    with running(command, port, tmp_path):
        offer, found = judged(port, str(write_anchor(tmp_path, anchor)))
    message = ("tls-ciphers", "the server does not support secure renegotiation (RFC 5746)")
    assert offer.traits.secure_renegotiation is bound
    assert (message in found) is not bound


def test_suites_without_forward_secrecy(tmp_path: Path) -> None:
    cert, key = rsa_pair(tmp_path)
    port = free_port()
    server = f"""server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key}; return 404;
        ssl_protocols TLSv1.2; ssl_ciphers AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256; }}"""
    with nginx(tmp_path, port, server):
        _, found = judged(port)
    assert ("tls-ciphers", "weak cipher suites are accepted: AES128-GCM-SHA256") in found


GROUPS = ("-groups", "X25519MLKEM768:X25519:P-256:P-384")
STRONG = ("-cipher", "ECDHE+AESGCM:ECDHE+CHACHA20", *GROUPS)


def test_mozillas_modern_configuration(tmp_path: Path) -> None:
    signed = write_pem(tmp_path, short_lived(authority()))
    with s_server(tmp_path, "-tls1_3", *GROUPS, signed=signed) as port:
        assert measured(assessed(port)) == "modern is met"


def test_mozillas_intermediate_configuration(tmp_path: Path) -> None:
    with s_server(tmp_path, *STRONG) as port:
        assert measured(assessed(port)) == "intermediate is met"


def test_what_keeps_a_port_from_them(tmp_path: Path) -> None:
    options = (
        "-min_protocol",
        "TLSv1",
        "-serverpref",
        "-cipher",
        "AES128-SHA:DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0",
    )
    signed = rsa_pair(tmp_path, 1024, "-days", "800")
    with s_server(tmp_path, *options, "-groups", "P-256:P-521", signed=signed) as port:
        told = measured(assessed(port))
    assert told.partition(": ")[2].split("; ") == [
        "TLSv1 is accepted",
        "TLSv1.1 is accepted",
        "suites outside it: AES128-SHA, DHE-RSA-AES128-GCM-SHA256",
        "groups outside it: secp521r1",
        "X25519MLKEM768 is not supported",
        "the server enforces its own order of suites",
        "the certificate's key is RSA 1024",
        "the certificate is valid for more than 366 days",
    ]


def short_lived(issuer: Signed) -> Signed:
    """A certificate that is valid for 60 days."""
    leaf, key = certificate(issuer)
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(leaf.issuer, leaf.subject, leaf.public_key(), leaf.serial_number)
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=59))
    return builder.sign(issuer[1], hashes.SHA256()), key
