"""Mozilla's guidelines for TLS of servers, 6.0: which of its two configurations a port keeps to, and where it does not.

Not measured is whether OCSP answers are stapled: issuers of most certificates give none any more.
Source: https://ssl-config.mozilla.org/guidelines/6.0.json
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from batten.controls import MOZILLA_INTERMEDIATE
from batten.formats.certificates import of_der
from batten.live.exchange import TlsAnswer
from batten.live.tls.suites import suite_name
from batten.model.record import record

VERSION = "6.0"
HYBRID = "X25519MLKEM768"
_GROUPS = frozenset((HYBRID, "x25519", "secp256r1", "secp384r1"))
_NEWEST = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
_SIGNATURES = frozenset(("sha256", "sha384", "sha512"))


@record
class Configuration:
    name: str
    versions: tuple[str, ...]
    suites: frozenset[str]
    rsa: bool  # whether the certificate's key may be RSA, of 2048 bits or more
    days: int  # that a certificate may be valid


MODERN = Configuration("modern", ("TLSv1.3",), frozenset(_NEWEST), False, 90)
INTERMEDIATE = Configuration(
    "intermediate", ("TLSv1.2", "TLSv1.3"), frozenset((*_NEWEST, *MOZILLA_INTERMEDIATE)), True, 366
)


def measured(answer: TlsAnswer) -> str:
    """The strictest configuration that is kept to, or what keeps the port from the laxer one, in words."""
    for configuration in (MODERN, INTERMEDIATE):
        apart = tuple(differences(answer, configuration))
        if not apart:
            return f"{configuration.name} is met"
    return f"{INTERMEDIATE.name} is not met: {'; '.join(apart)}"


def differences(answer: TlsAnswer, wanted: Configuration) -> Iterator[str]:
    """What of a port a configuration does not have, and what it has and the port lacks."""
    taken = [a.version for a in answer.accepted]
    suites = dict.fromkeys(suite_name(s) for a in answer.accepted for s in a.suites)
    yield from (f"{version} is accepted" for version in taken if version not in wanted.versions)
    if wanted.versions[-1] not in taken:
        yield f"{wanted.versions[-1]} is not supported"
    if more := [s for s in suites if s not in wanted.suites]:
        yield f"suites outside it: {', '.join(more)}"
    if others := [g for g in answer.traits.groups if g not in _GROUPS]:
        yield f"groups outside it: {', '.join(others)}"
    if "TLSv1.3" in taken and HYBRID not in answer.traits.groups:
        yield f"{HYBRID} is not supported"
    if answer.traits.server_preference:
        yield "the server enforces its own order of suites"
    for shown in answer.shown:
        if shown.chain:
            yield from _certificate(shown.chain[0], wanted)


def _certificate(der: bytes, wanted: Configuration) -> Iterator[str]:
    try:
        leaf = of_der((der,))[0]
        key = leaf.public_key()
    except (ValueError, x509.InvalidVersion):
        return
    if isinstance(key, rsa.RSAPublicKey):
        if not wanted.rsa or key.key_size < 2048:
            yield f"the certificate's key is RSA {key.key_size}"
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in ("secp256r1", "secp384r1"):
        yield "the certificate's key is not on P-256 or P-384"
    digest = leaf.signature_hash_algorithm
    if digest is None or digest.name not in _SIGNATURES:
        yield "the certificate's signature does not use SHA-2"
    if leaf.not_valid_after_utc - leaf.not_valid_before_utc > timedelta(days=wanted.days, hours=1):
        yield f"the certificate is valid for more than {wanted.days} days"
