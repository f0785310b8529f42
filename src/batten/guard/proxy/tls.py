"""The certificate that clients see."""

from __future__ import annotations

import ssl
from pathlib import Path

from batten.guard.options import GuardProblem


def server_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer, HTTP/1.1 only. Raises GuardProblem."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")  # of TLS 1.2: forward secrecy and AEAD
    take_certificate(context, certificate, key)
    return context


def take_certificate(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    """New handshakes see the new one; connections that are open stay. Raises GuardProblem, and changes nothing."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_no_password)
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise GuardProblem(
            f"{certificate}: the certificate cannot be used: {error}; name a PEM chain and its key"
        ) from error


def _no_password() -> str:
    raise ValueError("the key is encrypted; name a key without a passphrase")
