"""Cipher suites by the names of IANA, which Go's servers take (https://pkg.go.dev/crypto/tls#pkg-constants)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_AES = re.compile(r"AES(\d{3})-GCM-SHA(\d{3})")


def iana(names: Iterable[str]) -> tuple[str, ...]:
    """Of OpenSSL's names; those of TLS 1.2 with ECDHE only, which is all that Go offers."""
    return tuple(_iana(name) for name in names if name.startswith("ECDHE-"))


def _iana(name: str) -> str:
    exchange, signature, rest = name.split("-", 2)
    cipher = _AES.sub(r"AES_\1_GCM_SHA\2", rest).replace("CHACHA20-POLY1305", "CHACHA20_POLY1305_SHA256")
    return f"TLS_{exchange}_{signature}_WITH_{cipher}"
