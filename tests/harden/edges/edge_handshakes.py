"""Handshakes that every edge takes or refuses: Mozilla's intermediate profile (guidelines 6.0), and its own name alone."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from cases.case import HOST

from waiting import BOUND

OLD, NEW = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@dataclass(frozen=True, kw_only=True)
class Handshake:
    """`name` is what the client calls the server. A curve is tried with TLS 1.3: with 1.2 the certificate's own is needed, too."""

    title: str
    taken: bool
    version: ssl.TLSVersion = OLD
    ciphers: str = ""
    curve: str = ""
    name: str = HOST


HANDSHAKES = (
    Handshake(title="TLS 1.3", taken=True, version=NEW),
    Handshake(title="TLS 1.2", taken=True),
    Handshake(title="TLS 1.1", taken=False, version=ssl.TLSVersion.TLSv1_1),
    Handshake(title="TLS 1.0", taken=False, version=ssl.TLSVersion.TLSv1),
    Handshake(title="AES-128-GCM", taken=True, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256"),
    Handshake(title="AES-256-GCM", taken=True, ciphers="ECDHE-ECDSA-AES256-GCM-SHA384"),
    Handshake(title="ChaCha20", taken=True, ciphers="ECDHE-ECDSA-CHACHA20-POLY1305"),
    Handshake(title="CBC with SHA-1", taken=False, ciphers="ECDHE-ECDSA-AES128-SHA"),
    Handshake(title="CBC with SHA-256", taken=False, ciphers="ECDHE-ECDSA-AES128-SHA256"),
    Handshake(title="CBC with SHA-384", taken=False, ciphers="ECDHE-ECDSA-AES256-SHA384"),
    Handshake(title="CCM", taken=False, ciphers="ECDHE-ECDSA-AES128-CCM"),
    Handshake(title="no forward secrecy", taken=False, ciphers="AES128-GCM-SHA256:AES256-SHA"),
    Handshake(title="no encryption", taken=False, ciphers="ECDHE-ECDSA-NULL-SHA"),
    Handshake(title="no certificate", taken=False, ciphers="AECDH-AES256-SHA"),
    Handshake(title="X25519", taken=True, version=NEW, curve="X25519"),
    Handshake(title="P-256", taken=True, version=NEW, curve="prime256v1"),
    Handshake(title="P-384", taken=True, version=NEW, curve="secp384r1"),
    Handshake(title="P-521", taken=False, version=NEW, curve="secp521r1"),
    Handshake(title="another name", taken=False, name="evil.example"),
    Handshake(title="a name below its own", taken=False, name=f"a.{HOST}"),
)


def is_taken(port: int, ca: Path, shake: Handshake) -> bool:
    """Whether the handshake ends well, and the certificate is of the name that was asked for."""
    context = ssl.create_default_context(cafile=str(ca))
    context.set_ciphers(f"{shake.ciphers or 'DEFAULT'}:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = shake.version
    if shake.curve:
        context.set_ecdh_curve(shake.curve)
    with socket.create_connection(("127.0.0.1", port), timeout=BOUND) as link:
        try:
            with context.wrap_socket(link, server_hostname=shake.name) as secured:
                return secured.version() is not None
        except (ssl.SSLError, ConnectionError):
            return False
