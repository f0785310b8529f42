"""TLS at an edge: versions and suites in the names of every product, and what fixes of them may break."""

from __future__ import annotations

import re

PROTOCOLS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"  # Debian, Ubuntu, Alpine and the images made of them

OLD_VERSIONS = "clients that support only TLS 1.1 or older"
OLD_SUITES = "clients without forward-secret AEAD suites (Internet Explorer, Java 7, OpenSSL 1.0.0 and older)"
PLAIN_CLIENTS = "plain HTTP clients that do not follow redirects"
UNTRUSTED = f"upstreams whose certificate is not signed by a CA in {BUNDLE}, or has another name"

_NAME = re.compile(r"(?:version_?)?(ssl|tls)[\s_-]*v?[\s_]*(\d)(?:[._]?(\d))?$", re.IGNORECASE)
_IANA = re.compile(r"TLS_(?:(ECDHE|DHE)_)?(?:(ECDSA|RSA)_)?WITH_(.+)$")


def version_named(text: str) -> str:
    """OpenSSL's name of a version: of TLSv1_2, VersionTLS12, tls1.2, TLSv12, "1.2"; "" when it is none."""
    word = text.strip()
    found = _NAME.match(f"TLS{word}" if re.fullmatch(r"1\.[0-3]", word) else word)
    if found is None:
        return ""
    kind, major, minor = found[1].upper(), found[2], found[3] or "0"
    name = f"{kind}v{major}" + (f".{minor}" if minor != "0" else "")
    return name if name in PROTOCOLS else ""


def between(lowest: str, highest: str = "TLSv1.3") -> tuple[str, ...]:
    """Every version from one to another, both included."""
    return PROTOCOLS[PROTOCOLS.index(lowest) : PROTOCOLS.index(highest) + 1]


def openssl_suite(name: str) -> str:
    """OpenSSL's name of a suite in IANA's (TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256); others stay."""
    found = _IANA.match(name)
    if found is None:
        return name
    cipher = found[3].replace("3DES_EDE_CBC", "DES-CBC3").replace("RC4_128", "RC4")
    cipher = re.sub(r"AES_(128|256)(?:_CBC)?", r"AES\1", cipher)
    cipher = re.sub(r"CHACHA20_POLY1305(?:_SHA256)?", "CHACHA20-POLY1305", cipher).replace("_", "-")
    exchange = [part for part in (found[1], found[2]) if part]
    return "-".join([*([] if exchange == ["RSA"] else exchange), cipher])


def iana_suite(name: str) -> str:
    """IANA's name of a forward-secret AEAD suite in OpenSSL's; "" for others."""
    found = re.fullmatch(r"(ECDHE|DHE)-(ECDSA|RSA)-(?:AES(128|256)-GCM-(SHA\d+)|CHACHA20-POLY1305)", name)
    if found is None:
        return ""
    cipher = f"AES_{found[3]}_GCM_{found[4]}" if found[3] else "CHACHA20_POLY1305_SHA256"
    return f"TLS_{found[1]}_{found[2]}_WITH_{cipher}"
