"""A certificate shown in a handshake, each of its causes of trouble found for itself."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID as Access

from batten.facts import Certificate
from batten.live.exchange import NotAnswered, TlsAnswer
from batten.live.hello import is_address
from batten.live.tls import trusted
from batten.model import UNKNOWN, Location, Setting, Unknown


def certificate_fact(host: str, answer: TlsAnswer, at: Location, ca: str = "") -> Certificate:
    """The leaf of the chain. NotAnswered when it cannot be read."""
    try:
        chain = [x509.load_der_x509_certificate(der) for der in answer.chain]
        leaf = chain[0]
        names = _names(leaf)
    except (IndexError, ValueError) as error:
        raise NotAnswered(f"the certificate cannot be read: {error}") from error
    key, bits = _key(leaf)
    trust = trusted(answer.verify_code if answer.judged else -1, bool(ca) or _system_anchors())
    return Certificate(
        at,
        host,
        names,
        leaf.not_valid_before_utc,
        leaf.not_valid_after_utc,
        leaf.issuer.rfc4514_string(),
        leaf.issuer == leaf.subject,
        key,
        bits,
        leaf.signature_hash_algorithm.name if leaf.signature_hash_algorithm else "",
        Setting(_complete(chain, trust), at),
        Setting(UNKNOWN if trust is None else trust, at),
        Setting(any(matches(host, name) for name in names), at),
        datetime.now(UTC),
    )


def _system_anchors() -> bool:
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or bool(paths.capath and os.listdir(paths.capath))


def _complete(chain: list[x509.Certificate], trust: bool | None) -> bool | Unknown:
    """Whether the chain leads to an anchor as it was sent. A lone leaf that leads nowhere but says
    where its issuer is to be fetched lacks an intermediate; otherwise the issuer may be just unknown."""
    if trust is not False:
        return UNKNOWN if trust is None else True
    lone = len(chain) == 1 and chain[0].issuer != chain[0].subject
    return False if lone and _issuer_can_be_fetched(chain[0]) else UNKNOWN


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    """DNS names and addresses of the SAN; the common name has not counted since RFC 6125."""
    try:
        san = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = (str(a) for a in san.get_values_for_type(x509.IPAddress))
    return (*san.get_values_for_type(x509.DNSName), *addresses)


def _issuer_can_be_fetched(leaf: x509.Certificate) -> bool:
    """It says where its issuer is to be had, as certificates under an intermediate do (RFC 5280, 4.2.2.1)."""
    try:
        access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return False
    return any(a.access_method == Access.CA_ISSUERS for a in access)


def _key(leaf: x509.Certificate) -> tuple[str, int]:
    match leaf.public_key():
        case rsa.RSAPublicKey() as key:
            return f"RSA {key.key_size}", key.key_size
        case ec.EllipticCurvePublicKey() as curve:
            return f"EC {curve.curve.name}", curve.key_size
        case dsa.DSAPublicKey() as old:
            return f"DSA {old.key_size}", old.key_size
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 256
        case ed448.Ed448PublicKey():
            return "Ed448", 456
        case other:
            return type(other).__name__, 0


def matches(host: str, pattern: str) -> bool:
    """Whether a name of a certificate stands for the host; a star stands for one label (RFC 6125, 6.4.3)."""
    host, pattern = host.strip("[]").rstrip(".").lower(), pattern.rstrip(".").lower()
    if is_address(host) or is_address(pattern):
        return is_address(host) and is_address(pattern) and ip_address(host) == ip_address(pattern)
    if not pattern.startswith("*."):
        return host == pattern
    first, dot, rest = host.partition(".")
    return bool(first and dot) and rest == pattern[2:] and "." in rest
