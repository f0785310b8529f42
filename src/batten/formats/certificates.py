"""X.509 certificates: what a PEM or DER text says of names and keys."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.utils import CryptographyDeprecationWarning


def of_der(chain: Iterable[bytes]) -> list[x509.Certificate]:
    """Certificates as servers send them, those with a serial number of zero too, which MariaDB makes for itself.
    Raises ValueError where one cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return [x509.load_der_x509_certificate(der) for der in chain]


def names_of(leaf: x509.Certificate) -> tuple[str, ...]:
    """DNS names and addresses of the SAN; the common name has not counted since RFC 6125."""
    try:
        san = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = (str(a) for a in san.get_values_for_type(x509.IPAddress))
    return (*san.get_values_for_type(x509.DNSName), *addresses)


def key_of(leaf: x509.Certificate) -> tuple[str, int]:
    """The public key's kind and its bits; 0 for a kind that is not known."""
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


def digest_of(certificate: x509.Certificate) -> str:
    """The hash that is signed: "sha256"; "" where the signature has none of its own (Ed25519) or it is not known."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""
    return algorithm.name if algorithm else ""


def matches(host: str, pattern: str) -> bool:
    """Whether a name of a certificate stands for the host; a star stands for one label (RFC 6125, 6.4.3)."""
    host, pattern = host.strip("[]").rstrip(".").lower(), pattern.rstrip(".").lower()
    if _is_address(host) or _is_address(pattern):
        return _is_address(host) and _is_address(pattern) and ip_address(host) == ip_address(pattern)
    if not pattern.startswith("*."):
        return host == pattern
    first, dot, rest = host.partition(".")
    return bool(first and dot) and rest == pattern[2:] and "." in rest


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
