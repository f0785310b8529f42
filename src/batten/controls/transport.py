"""Controls on how bytes travel."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._registry import control
from batten.controls._suites import MOZILLA_INTERMEDIATE, unprotected_suites, weak_suites
from batten.facts import (
    Certificate,
    ConnectionString,
    Feature,
    Issuer,
    Listener,
    ObservedAnswer,
    PlainAnswer,
    ResponseHeaders,
    TlsOffer,
    Upstream,
)
from batten.model import (
    ABSENT,
    UNTOLD,
    MinimumTls,
    RedirectToTls,
    SetHeader,
    Severity,
    Switch,
    TurnOn,
    UseSuites,
    Violation,
)
from batten.policy import Policy

OLD = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1")
REFERENCES = "OWASP API8:2023, CWE-319"


@control("Every listener that outsiders reach speaks TLS", Severity.HIGH, "V4 P3", REFERENCES)
def tls_required(listener: Listener) -> Iterator[Violation]:
    """Whoever is on the way reads and changes what plain HTTP carries: credentials, answers, links."""
    plain = listener.tls.known(None) is False
    redirects = listener.redirects_to_tls is not None and listener.redirects_to_tls.known(True)
    if not listener.http or not listener.serves or not plain or redirects or _loopback(listener):
        return
    if listener.assets:
        return  # it is another control's
    yield Violation(UNTOLD, "content is served over plain HTTP", listener.at, RedirectToTls())


@control("Every listener that outsiders reach speaks TLS", Severity.HIGH, "V4 P3", slug="tls-required")
def tls_required_on_the_wire(answer: PlainAnswer) -> Iterator[Violation]:
    if answer.protocol != "HTTP":
        yield Violation(UNTOLD, f"{answer.protocol} goes on in clear text: its port offers no TLS", answer.at)
    elif answer.content and not answer.asset:
        yield Violation(
            UNTOLD, "a plain-HTTP request was answered with content, not with a redirect", answer.at
        )


def _loopback(listener: Listener) -> bool:
    address = listener.address.known("")
    return address.startswith(("127.", "unix:")) or address in ("::1", "[::1]", "localhost")


@control("TLS 1.2 or newer only", Severity.HIGH, "V4 P3", "RFC 8996, CWE-327")
def tls_version(listener: Listener) -> Iterator[Violation]:
    """TLS 1.0 and 1.1 rest on broken hashes and are forbidden by RFC 8996; SSL is broken outright."""
    if listener.protocols is None or listener.tls.known(True) is False:
        return
    old = [v for v in listener.protocols.known(()) if v in OLD]
    if old:
        yield Violation(
            UNTOLD, f"{', '.join(old)} can be negotiated", listener.protocols.at, MinimumTls("TLSv1.2")
        )


@control("Only forward-secret AEAD suites", Severity.MEDIUM, "V4 P3", "CWE-326, CWE-327")
def tls_ciphers(listener: Listener) -> Iterator[Violation]:
    """Without forward secrecy one stolen key opens all recorded traffic; CBC, RC4 and 3DES leak by
    themselves."""
    remedy = UseSuites(MOZILLA_INTERMEDIATE)
    if listener.ciphers is not None and listener.tls.known(True):
        weak = weak_suites(listener.ciphers.known(""))
        if weak:
            yield Violation(UNTOLD, f"weak suites are offered: {_some(weak)}", listener.ciphers.at, remedy)
    elif listener.suites:
        bare = unprotected_suites(listener.suites)
        if bare:
            yield Violation(UNTOLD, f"suites that protect nothing were accepted: {_some(bare)}", listener.at)
        weak = tuple(s for s in listener.suites if weak_suites(s) and s not in bare)
        if weak:
            yield Violation(UNTOLD, f"weak suites were accepted: {_some(weak)}", listener.at)


@control("Only forward-secret AEAD suites", Severity.MEDIUM, "V4 P3", slug="tls-ciphers")
def tls_ciphers_on_the_wire(offer: TlsOffer) -> Iterator[Violation]:
    """A short finite field can be computed once for everyone who uses it (Logjam); compression tells secrets by
    their length (CRIME); renegotiation that is not bound to its connection lets somebody begin for another."""
    traits = offer.traits
    if 0 < traits.dh_bits < 2048:
        yield Violation(
            UNTOLD, f"the finite field of DHE has {traits.dh_bits} bits; 2048 are the least", offer.at
        )
    weak = tuple(g for g in traits.groups if _weak_curve(g))
    if weak:
        yield Violation(UNTOLD, f"weak curves were accepted: {_some(weak)}", offer.at)
    if traits.compression:
        yield Violation(UNTOLD, "TLS compression was accepted, which tells secrets by their length", offer.at)
    if traits.secure_renegotiation is False:
        message = "renegotiation is not bound to its connection (RFC 5746)"
        yield Violation(UNTOLD, message, offer.at, severity=Severity.LOW)


def _weak_curve(name: str) -> bool:
    """A curve below 224 bits, which RFC 8422 dropped; its name tells the bits."""
    bits = re.match(r"sec[pt](\d+)", name)
    return bits is not None and int(bits[1]) < 224


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


@control("The certificate is valid, for this name, and its chain complete", Severity.HIGH, "V4 P3", "CWE-295")
def tls_certificate(certificate: Certificate, policy: Policy) -> Iterator[Violation]:
    """Clients that meet a bad certificate stop, or learn to look away; both end encryption."""
    yield from _validity(certificate, policy.certificate_days)
    if certificate.name_matches.known(True) is False:
        yield Violation(UNTOLD, f"the certificate is not for {certificate.host}", certificate.name_matches.at)
    if certificate.chain_complete.known(True) is False:
        which = f" of '{certificate.missing}'" if certificate.missing else ""
        message = f"the server does not send the intermediate certificate{which}"
        yield Violation(UNTOLD, message, certificate.chain_complete.at)
    elif certificate.trusted.known(True) is False:
        who = "signed by itself" if certificate.self_signed else "signed by an issuer nobody trusts"
        yield Violation(UNTOLD, f"the certificate is {who}", certificate.trusted.at)
    if not certificate.ordered:
        message = "the certificates are not sent in order, each after the one it certifies"
        yield Violation(UNTOLD, message, certificate.at, severity=Severity.LOW)
    yield from _weaknesses(certificate)
    if certificate.must_staple and certificate.stapled is False:
        message = "the certificate demands a stapled OCSP answer, and none is sent"
        yield Violation(UNTOLD, message, certificate.at)


def _validity(certificate: Certificate, days: int) -> Iterator[Violation]:
    left = (certificate.not_after - certificate.now).days
    # Certificates that live for days are renewed days before; a third is what ACME clients leave.
    lifetime = (certificate.not_after - certificate.not_before).days
    if certificate.now > certificate.not_after:
        yield Violation(
            UNTOLD, f"the certificate expired on {certificate.not_after:%Y-%m-%d}", certificate.at
        )
    elif certificate.now < certificate.not_before:
        yield Violation(
            UNTOLD, f"the certificate is valid from {certificate.not_before:%Y-%m-%d} only", certificate.at
        )
    elif left < min(days, lifetime / 3):
        yield Violation(
            UNTOLD, f"the certificate expires in {left} days", certificate.at, severity=Severity.MEDIUM
        )
    for issuer in certificate.issuers:
        if certificate.now > issuer.not_after and not issuer.self_signed:
            message = f"the intermediate certificate '{issuer.name}' expired on {issuer.not_after:%Y-%m-%d}"
            yield Violation(UNTOLD, message, certificate.at)


def _weaknesses(certificate: Certificate) -> Iterator[Violation]:
    if _weak_key(certificate):
        yield Violation(UNTOLD, f"the key is weak: {certificate.key}", certificate.at)
    if _forgeable(certificate):
        yield Violation(
            UNTOLD, f"the signature uses {certificate.signature}, which can be forged", certificate.at
        )
    for issuer in certificate.issuers:
        if _weak_key(issuer):
            yield Violation(UNTOLD, f"the key of '{issuer.name}' is weak: {issuer.key}", certificate.at)
        if _forgeable(issuer):
            message = f"the signature of '{issuer.name}' uses {issuer.signature}, which can be forged"
            yield Violation(UNTOLD, message, certificate.at)


def _forgeable(certificate: Certificate | Issuer) -> bool:
    """A certificate that signs itself is trusted for itself, not for its signature."""
    return certificate.signature.lower() in ("md5", "sha1") and not certificate.self_signed


def _weak_key(certificate: Certificate | Issuer) -> bool:
    floor = 2048 if certificate.key.startswith(("RSA", "DSA")) else 224
    return 0 < certificate.key_bits < floor


@control("Clients of TLS verify the server", Severity.HIGH, "V4 P3", "CWE-295")
def tls_verify(upstream: Upstream) -> Iterator[Violation]:
    """An unverified TLS connection is as open to whoever sits between as a plain one."""
    if upstream.local or upstream.encrypted is None or upstream.verified is None:
        return
    if upstream.encrypted.known(False) and upstream.verified.known(True) is False:
        message = f"the certificate of {upstream.host or 'the upstream'} is not verified"
        yield Violation(UNTOLD, message, upstream.verified.at, TurnOn(Switch.VERIFY_TLS))


@control("Clients of TLS verify the server", Severity.HIGH, "V4 P3", slug="tls-verify")
def tls_verify_of_connections(connection: ConnectionString) -> Iterator[Violation]:
    if (
        not connection.local
        and connection.encrypted.known(False)
        and connection.verified.known(True) is False
    ):
        message = f"the certificate of {connection.host or 'the server'} is not verified"
        yield Violation(UNTOLD, message, connection.verified.at, TurnOn(Switch.VERIFY_TLS))


@control("Clients of TLS verify the server", Severity.HIGH, "V4 P3", slug="tls-verify")
def tls_verify_in_code(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.VERIFY_TLS and feature.on.known(True) is False:
        yield Violation(UNTOLD, "certificates are not verified", feature.on.at, TurnOn(Switch.VERIFY_TLS))


@control("HSTS is sent with every HTTPS answer", Severity.MEDIUM, "V4 V5 P3", "RFC 6797, CWE-319")
def hsts_sent(answer: ResponseHeaders, policy: Policy) -> Iterator[Violation]:
    """Without HSTS the first request of every visit may be made, and stolen, in clear text."""
    name = "strict-transport-security"
    if not answer.over_tls or name in answer.dropped:
        return
    header = answer[name]
    remedy = SetHeader("Strict-Transport-Security", f"max-age={policy.hsts_seconds}; includeSubDomains")
    if header.value is ABSENT:
        yield Violation(UNTOLD, "no HSTS header is sent", answer.at, remedy)
    elif isinstance(header.value, str):
        if max_age(header.value) < policy.hsts_seconds:
            yield Violation(
                UNTOLD, f"HSTS lasts {max_age(header.value)} s, less than a year", header.at, remedy
            )
        elif not answer.on_errors(name):
            kept = SetHeader(remedy.name, header.value)
            yield Violation(UNTOLD, "HSTS is not sent with error answers", header.at, kept)


def max_age(directives: str) -> int:
    """Seconds of the max-age directive of HSTS or Cache-Control; 0 without one."""
    for directive in directives.lower().replace(",", ";").split(";"):
        name, _, value = directive.strip().partition("=")
        if name.strip() == "max-age":
            digits = value.strip().strip('"')
            return int(digits) if digits.isdigit() else 0
    return 0


@control("Hops that leave the host are encrypted", Severity.MEDIUM, "V4 P3", REFERENCES)
def upstream_encrypted(upstream: Upstream) -> Iterator[Violation]:
    """A network that is private today is shared tomorrow; what crosses it in clear text is readable."""
    if upstream.local or upstream.encrypted is None or not _leaves_the_host(upstream.host):
        return
    if upstream.encrypted.known(True) is False:
        remedy = TurnOn(upstream.switch) if upstream.switch is not None else None
        yield Violation(
            UNTOLD, f"requests to {upstream.host} travel in clear text", upstream.target.at, remedy
        )


@control("Hops that leave the host are encrypted", Severity.MEDIUM, "V4 P3", slug="upstream-encrypted")
def upstream_encrypted_of_connections(connection: ConnectionString) -> Iterator[Violation]:
    if (
        not connection.local
        and _leaves_the_host(connection.host)
        and connection.encrypted.known(True) is False
    ):
        message = f"the {connection.scheme} connection to {connection.host} is in clear text"
        yield Violation(UNTOLD, message, connection.encrypted.at)


def _leaves_the_host(host: str) -> bool:
    """A name with a dot is another machine's; a bare name (`api`, `cache`) is a neighbour container
    or an upstream block, whose way batten cannot know."""
    if host.endswith((".internal", ".local", ".localhost", ".svc", ".cluster.local")):
        return False
    return "." in host.strip("[]") and not host.startswith("127.")


@control("Static assets are served and linked over HTTPS only", Severity.MEDIUM, "S3 P3", REFERENCES)
def assets_encrypted(answer: PlainAnswer) -> Iterator[Violation]:
    """An API on TLS whose images are not tells whoever listens what the user looks at."""
    if answer.asset and answer.content:
        yield Violation(UNTOLD, "a static asset is served over plain HTTP", answer.at)


@control(
    "Static assets are served and linked over HTTPS only", Severity.MEDIUM, "S3 P3", slug="assets-encrypted"
)
def assets_encrypted_at_the_edge(listener: Listener) -> Iterator[Violation]:
    if listener.assets and listener.tls.known(True) is False:
        yield Violation(UNTOLD, "static assets are served over plain HTTP", listener.at, RedirectToTls())


@control(
    "Static assets are served and linked over HTTPS only", Severity.MEDIUM, "S3 P3", slug="assets-encrypted"
)
def assets_linked_encrypted(answer: ObservedAnswer) -> Iterator[Violation]:
    plain = [link for link in answer.links if link.startswith("http://")]
    if plain:
        yield Violation(
            UNTOLD, f"{answer.operation} links assets over plain HTTP, such as {plain[0]}", answer.at
        )


@control(
    "Static assets are served and linked over HTTPS only", Severity.MEDIUM, "S3 P3", slug="assets-encrypted"
)
def assets_allowed_encrypted(answer: ResponseHeaders) -> Iterator[Violation]:
    """What a page may load, by its own policy. A wildcard is for csp-sent to judge."""
    name = "content-security-policy"
    header = answer[name]
    if not answer.over_tls or name in answer.dropped or not isinstance(header.value, str):
        return
    if "upgrade-insecure-requests" in header.value.lower():
        return
    plain = [w for w in header.value.split() if w.lower().startswith("http:") and "://localhost" not in w]
    if plain:
        better = " ".join("https" + w[4:] if w in plain else w for w in header.value.split())
        message = f"the page's policy lets assets come over plain HTTP: {plain[0].rstrip(';')}"
        yield Violation(UNTOLD, message, header.at, SetHeader("Content-Security-Policy", better))
