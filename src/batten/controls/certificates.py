"""The control on server certificates: dates, names, trust, keys and signatures."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import Certificate, Issuer, RequestedCertificate
from batten.model import Case, Per, Severity, Violation
from batten.policy import Policy


class TlsCertificate(Case):
    EXPIRED = "expired", "Renew the certificate, and automate its renewal.", Per.THING
    NOT_YET_VALID = (
        "not-yet-valid",
        "Install a certificate that is already valid; check the server's clock.",
        Per.THING,
    )
    EXPIRES_SOON = "expires-soon", "Renew the certificate, and reload the server that uses it.", Per.THING
    WRONG_NAME = "wrong-name", "Obtain a certificate that covers this host name.", Per.THING
    INCOMPLETE_CHAIN = (
        "incomplete-chain",
        "Send the intermediate certificates after the leaf certificate.",
        Per.THING,
    )
    SELF_SIGNED = "self-signed", "Obtain a certificate from an authority that clients trust.", Per.THING
    UNTRUSTED_ISSUER = (
        "untrusted-issuer",
        "Use an authority that clients trust, or name a private one in batten.yaml.",
        Per.THING,
    )
    WRONG_ORDER = (
        "wrong-order",
        "Send the leaf first, then each certificate that signed the one before.",
        Per.THING,
    )
    WEAK_KEY = "weak-key", "Renew the certificate with a key of RSA 2048 or P-256 at least.", Per.THING
    WEAK_SIGNATURE = "weak-signature", "Renew the certificate with a SHA-256 signature.", Per.THING
    NOT_STAPLED = (
        "not-stapled",
        "Turn OCSP stapling on, or renew the certificate without must-staple.",
        Per.THING,
    )
    LONG_LIVED = "long-lived", "Renew the certificate every 90 days, and let that be automatic.", Per.THING
    KEY_KEPT = "key-not-rotated", "Make a new private key with each renewal.", Per.THING
    INTERMEDIATE_EXPIRED = (
        "intermediate-expired",
        "Replace the expired intermediate certificate in the chain file.",
        Per.THING,
    )
    INTERMEDIATE_WEAK_KEY = (
        "intermediate-weak-key",
        "Replace the intermediate certificate by one with a stronger key.",
        Per.THING,
    )
    INTERMEDIATE_WEAK_SIGNATURE = (
        "intermediate-weak-signature",
        "Replace the intermediate certificate by one with SHA-256.",
        Per.THING,
    )


@control(
    "The certificate is valid for this name, and its chain is complete", Severity.HIGH, "V4 P3", "CWE-295"
)
def tls_certificate(certificate: Certificate, policy: Policy) -> Iterator[Violation]:
    """Clients stop at a bad certificate, or have verification turned off; then anyone can impersonate the server."""
    yield from _validity(certificate, policy)
    if certificate.name_matches.known(True) is False:
        message = f"the certificate does not cover `{certificate.host}`"
        yield Violation(TlsCertificate.WRONG_NAME, message, certificate.name_matches.at)
    if certificate.chain_complete.known(True) is False:
        which = f" `{certificate.missing}`" if certificate.missing else ""
        trust_message = f"the server does not send the intermediate certificate{which}"
        yield Violation(TlsCertificate.INCOMPLETE_CHAIN, trust_message, certificate.chain_complete.at)
    elif certificate.trusted.known(True) is False and certificate.self_signed:
        yield Violation(TlsCertificate.SELF_SIGNED, "the certificate is self-signed", certificate.trusted.at)
    elif certificate.trusted.known(True) is False:
        trust_message = "the certificate's issuer is not trusted"
        yield Violation(TlsCertificate.UNTRUSTED_ISSUER, trust_message, certificate.trusted.at)
    if not certificate.ordered:
        trust_message = "the certificates of the chain are not sent in order"
        yield Violation(TlsCertificate.WRONG_ORDER, trust_message, certificate.at, severity=Severity.LOW)
    if _weak_key(certificate):
        weaknesses_message = f"the certificate's key is too weak: {certificate.key}"
        yield Violation(TlsCertificate.WEAK_KEY, weaknesses_message, certificate.at)
    if _forgeable(certificate):
        weaknesses_message = f"the certificate's signature uses {certificate.signature}, which can be forged"
        yield Violation(TlsCertificate.WEAK_SIGNATURE, weaknesses_message, certificate.at)
    for issuer in certificate.issuers:
        if _weak_key(issuer):
            weaknesses_message = (
                f"the key of the intermediate certificate `{issuer.name}` is too weak: {issuer.key}"
            )
            yield Violation(TlsCertificate.INTERMEDIATE_WEAK_KEY, weaknesses_message, certificate.at)
        if _forgeable(issuer):
            weaknesses_message = f"the signature of the intermediate certificate `{issuer.name}` uses {issuer.signature}, which can be forged"
            yield Violation(TlsCertificate.INTERMEDIATE_WEAK_SIGNATURE, weaknesses_message, certificate.at)
    if certificate.must_staple and certificate.stapled is False:
        message = "the certificate requires OCSP stapling, but no OCSP response is stapled"
        yield Violation(TlsCertificate.NOT_STAPLED, message, certificate.at)


_LONGEST = (
    825  # days; longer ones are refused by Apple's clients, whoever signed them (support.apple.com/103769)
)
_SIGNERS = {
    "self": (TlsCertificate.SELF_SIGNED, "is self-signed"),
    "staging": (TlsCertificate.UNTRUSTED_ISSUER, "is of an authority for tests, which no client trusts"),
}


@control(
    "The certificate is valid for this name, and its chain is complete", Severity.HIGH, "V4 P3", slug="tls-certificate"
)  # fmt: skip
def requested_certificates(certificate: RequestedCertificate) -> Iterator[Violation]:
    """Clients that meet a certificate that they do not trust are configured to verify none."""
    name = f"the certificate of `{certificate.name}`"
    case, why = _SIGNERS.get(certificate.signer.known(""), (None, ""))
    if case is not None:
        yield Violation(case, f"{name} {why}", certificate.signer.at, severity=Severity.MEDIUM)
    days = certificate.hours.known(0) // 24
    if days > _LONGEST:
        message = f"{name} is valid for {days} days"
        yield Violation(TlsCertificate.LONG_LIVED, message, certificate.hours.at, severity=Severity.LOW)
    if certificate.key_kept.known(False):
        message = f"{name} keeps its private key when it is renewed"
        yield Violation(TlsCertificate.KEY_KEPT, message, certificate.key_kept.at, severity=Severity.INFO)


def _validity(certificate: Certificate, policy: Policy) -> Iterator[Violation]:
    left = (certificate.not_after - policy.now).days
    # Certificates that live for days are renewed days before; a third is what ACME clients leave.
    lifetime = (certificate.not_after - certificate.not_before).days
    if policy.now > certificate.not_after:
        message = f"the certificate expired on {certificate.not_after:%Y-%m-%d}"
        yield Violation(TlsCertificate.EXPIRED, message, certificate.at)
    elif policy.now < certificate.not_before:
        message = f"the certificate is not valid before {certificate.not_before:%Y-%m-%d}"
        yield Violation(TlsCertificate.NOT_YET_VALID, message, certificate.at)
    elif left < min(policy.certificate_days, lifetime / 3):
        message = f"the certificate expires in {left} days"
        yield Violation(TlsCertificate.EXPIRES_SOON, message, certificate.at, severity=Severity.MEDIUM)
    for issuer in certificate.issuers:
        if policy.now > issuer.not_after and not issuer.self_signed:
            message = f"the intermediate certificate `{issuer.name}` expired on {issuer.not_after:%Y-%m-%d}"
            yield Violation(TlsCertificate.INTERMEDIATE_EXPIRED, message, certificate.at)


def _forgeable(certificate: Certificate | Issuer) -> bool:
    """A certificate that signs itself is trusted for itself, not for its signature."""
    return certificate.signature.lower() in ("md5", "sha1") and not certificate.self_signed


def _weak_key(certificate: Certificate | Issuer) -> bool:
    floor = 2048 if certificate.key.startswith(("RSA", "DSA")) else 224
    return 0 < certificate.key_bits < floor
