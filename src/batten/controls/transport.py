"""Controls on TLS: where it is required, with which parameters, and who verifies it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from batten.controls._addresses import host_of, on_the_path
from batten.controls._registry import control
from batten.controls._suites import MOZILLA_INTERMEDIATE, is_broken, unprotected_suites, weak_suites
from batten.facts import (
    ConnectionString,
    Feature,
    Listener,
    Peer,
    PlainAnswer,
    ResponseHeaders,
    TlsOffer,
    Upstream,
    Verifying,
)
from batten.model import (
    ABSENT,
    Bundle,
    Case,
    MinimumTls,
    Per,
    RedirectToTls,
    SetHeader,
    Severity,
    Switch,
    TurnOff,
    TurnOn,
    UseSuites,
    Violation,
)
from batten.policy import Policy

OLD = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1")
REFERENCES = "OWASP API8:2023, CWE-319"
# Names that only a private network resolves: RFC 8375, RFC 6762 appendix G, and what routers give out.
_PRIVATE = tuple(  # RFC 1918, 6598, 3927, 4193, 4291
    map(
        ip_network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "169.254.0.0/16",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)
# `service.namespace` of a cluster: two labels, of which the last is no public domain's ending.
_SERVICE = re.compile(
    r"[a-z0-9-]{1,63}\.(?!(?:com|net|org|edu|gov|mil|int|biz|info|name|pro|app|dev|cloud|online|site|tech|store|shop|blog|page|live|life|team|work|works|world|zone|wiki|link|click|chat"
    r"|email|group|agency|company|digital|media|network|services|solutions|systems|software|technology|academy|center|city|club|codes|design|health|host|hosting|house|space|studio|support|tools|today|xyz|icu|top|win|fun|one|art|run|eco|tel|mobi|asia|cat|jobs|arpa)$)[a-z0-9-]{4,63}"
)
_OF_ONE_CLUSTER = (".svc", ".cluster.local")
_OF_ONE_NETWORK = (".lan", ".home", ".home.arpa", ".intranet", ".private", ".corp", ".fritz.box")


class TlsRequired(Case):
    PLAIN_HTTP = "plain-http", "Redirect plain HTTP to HTTPS, or give the listener a certificate."
    NO_STARTTLS = "no-starttls", "Offer STARTTLS on the port, or serve the protocol over TLS only."
    PLAIN_ALTERNATIVE = "plain-alternative", "Delete the scheme without TLS from the variable's values."
    PLAIN_CALLBACK = "plain-callback", "Use https addresses for callbacks, webhooks and sources of workflows."
    PLAIN_SERVER = "plain-server", "Publish the TLS address in the contract: https, wss, amqps and the like."


@control(
    "Every listener that outsiders can reach uses TLS",
    Severity.HIGH,
    "V4 P3",
    REFERENCES,
    private=Severity.INFO,
    explained=True,
)
def tls_required(listener: Listener) -> Iterator[Violation]:
    """Anyone on the network path can read and change what plain HTTP carries: credentials, responses, links."""
    plain = listener.tls.known(None) is False
    redirects = listener.redirects_to_tls is not None and listener.redirects_to_tls.known(True)
    if not listener.http or not listener.serves or not plain or redirects or _loopback(listener):
        return
    if listener.assets:
        return  # it is another control's
    message, severity = "content is served over plain HTTP", None
    if listener.tls_before is not None:
        if listener.tls_before.known(False):
            return
        message = f"{message} {listener.inside or 'on a port that a server in front may forward to'}"
        severity = Severity.INFO if listener.inside else Severity.LOW
    yield Violation(TlsRequired.PLAIN_HTTP, message, listener.at, remedy=RedirectToTls(), severity=severity)


@control("Every listener that outsiders can reach uses TLS", Severity.HIGH, "V4 P3", slug="tls-required")
def tls_required_on_the_wire(answer: PlainAnswer) -> Iterator[Violation]:
    most = on_the_path(answer.address, host_of(answer.url))
    if answer.protocol != "HTTP":
        message = f"{answer.protocol} stays unencrypted: the server offers no STARTTLS"
        yield Violation(TlsRequired.NO_STARTTLS, message, answer.at, severity=most)
    elif answer.content and not answer.asset:
        message = "plain-HTTP requests are answered with content instead of a redirect"
        yield Violation(TlsRequired.PLAIN_HTTP, message, answer.at, severity=most)


def _loopback(listener: Listener) -> bool:
    address = listener.address.known("")
    return address.startswith(("127.", "unix:")) or address in ("::1", "[::1]", "localhost")


class TlsVersion(Case):
    OLD_VERSION = "old-version", "Allow TLS 1.2 and TLS 1.3 only."
    IMPOSED = "vendor-certificate", "Use a certificate of your own, and set the minimum version with it."


@control("TLS 1.2 or newer only", Severity.HIGH, "V4 P3", "RFC 8996, CWE-327")
def tls_version(listener: Listener) -> Iterator[Violation]:
    """TLS 1.0 and 1.1 rest on broken hashes, and RFC 8996 forbids them; SSL is broken outright."""
    if listener.protocols is None or listener.tls.known(True) is False:
        return
    old = [v for v in listener.protocols.known(()) if v in OLD]
    if old and listener.imposed:
        message = f"obsolete protocol versions come with the vendor's certificate: {', '.join(old)}"
        yield Violation(TlsVersion.IMPOSED, message, listener.protocols.at, severity=Severity.LOW)
    elif old:
        message = f"obsolete protocol versions are enabled: {', '.join(old)}"
        yield Violation(TlsVersion.OLD_VERSION, message, listener.protocols.at, remedy=MinimumTls("TLSv1.2"))


class TlsCiphers(Case):
    WEAK_SUITE = "weak-suite", "Allow only ECDHE or DHE suites with AES-GCM, AES-CCM or ChaCha20-Poly1305."
    NO_PROTECTION = "no-protection", "Disable the NULL, anonymous and export suites."
    SHORT_DH = "short-dh", "Use a finite field of at least 2048 bits for DHE, or disable DHE."
    WEAK_CURVE = "weak-curve", "Allow only X25519, P-256 and stronger curves."
    COMPRESSION = "compression", "Disable TLS compression."
    INSECURE_RENEGOTIATION = "insecure-renegotiation", "Require secure renegotiation (RFC 5746)."
    CLIENT_RENEGOTIATION = (
        "client-renegotiation",
        "Refuse renegotiation that clients begin, or allow TLS 1.3 only.",
    )
    NO_FALLBACK_SIGNAL = (
        "no-fallback-signal",
        "Disable the versions below TLS 1.2, or use a TLS library that supports TLS_FALLBACK_SCSV.",
    )
    EARLY_DATA = (
        "early-data",
        "Turn early data off, or pass `Early-Data` on and answer 425 to what must not be replayed.",
    )
    KEYS_LOGGED = "keys-logged", "Do not log the keys of connections, and delete the file."


@control("Only forward-secret AEAD suites", Severity.MEDIUM, "V4 P3", "CWE-326, CWE-327")
def tls_ciphers(listener: Listener) -> Iterator[Violation]:
    """Without forward secrecy, one stolen key decrypts all recorded traffic; RC4, 3DES and CBC suites leak plain
    text on their own."""
    remedy = UseSuites(MOZILLA_INTERMEDIATE)
    if listener.ciphers is not None and listener.tls.known(True):
        weak = weak_suites(listener.ciphers.known(""))
        if weak:
            message = f"weak cipher suites are enabled: {_some(weak)}"
            chosen = Severity.LOW if listener.ciphers.written else Severity.INFO  # CBC or static RSA keys
            milder = None if any(map(is_broken, weak)) else chosen
            yield Violation(
                TlsCiphers.WEAK_SUITE, message, listener.ciphers.at, remedy=remedy, severity=milder
            )
    elif listener.suites:
        bare = unprotected_suites(listener.suites)
        weak = tuple(s for s in listener.suites if weak_suites(s) and s not in bare)
        if weak:
            message = f"weak cipher suites are accepted: {_some(weak)}"
            yield Violation(TlsCiphers.WEAK_SUITE, message, listener.at)


@control("Only forward-secret AEAD suites", Severity.HIGH, "V4 P3", slug="tls-ciphers")
def tls_suites_protect(listener: Listener) -> Iterator[Violation]:
    """A NULL suite encrypts nothing, an anonymous one proves no server, and the keys of export suites are found in hours:
    what they carry is as open as over plain HTTP."""
    if bare := unprotected_suites(listener.suites or ()):
        message = f"cipher suites without encryption or authentication are accepted: {_some(bare)}"
        yield Violation(TlsCiphers.NO_PROTECTION, message, listener.at)


@control("Only forward-secret AEAD suites", Severity.MEDIUM, "V4 P3", slug="tls-ciphers")
def tls_ciphers_on_the_wire(offer: TlsOffer) -> Iterator[Violation]:
    """A short finite field is broken once for all its users (Logjam); compression reveals secrets by their length
    (CRIME); insecure renegotiation lets an attacker prefix a client's request."""
    traits = offer.traits
    if 0 < traits.dh_bits < 2048:
        message = f"DHE uses a finite field of {traits.dh_bits} bits, below the minimum of 2048"
        yield Violation(TlsCiphers.SHORT_DH, message, offer.at)
    weak = tuple(g for g in traits.groups if _weak_curve(g))
    if weak:
        yield Violation(TlsCiphers.WEAK_CURVE, f"weak curves are accepted: {_some(weak)}", offer.at)
    if traits.compression:
        yield Violation(TlsCiphers.COMPRESSION, "TLS compression is enabled", offer.at)
    if traits.secure_renegotiation is False:
        message = "the server does not support secure renegotiation (RFC 5746)"
        yield Violation(TlsCiphers.INSECURE_RENEGOTIATION, message, offer.at, severity=Severity.LOW)
    if traits.client_renegotiation:
        message = "clients can renegotiate TLS 1.2 repeatedly, which costs the server more than them"
        yield Violation(TlsCiphers.CLIENT_RENEGOTIATION, message, offer.at, severity=Severity.LOW)
    # From TLS 1.2 to 1.3 the server's own random protects (RFC 8446, 4.1.3).
    if traits.fallback_scsv is False and any(v in OLD for v in offer.protocols):
        message = "the server ignores TLS_FALLBACK_SCSV (RFC 7507): an attacker on the path can force an obsolete version"
        yield Violation(TlsCiphers.NO_FALLBACK_SIGNAL, message, offer.at, severity=Severity.LOW)


def _weak_curve(name: str) -> bool:
    """A curve below 224 bits, which RFC 8422 dropped; its name holds the bits."""
    bits = re.match(r"sec[pt](\d+)", name)
    return bits is not None and int(bits[1]) < 224


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


class TlsVerify(Case):
    UNVERIFIED_UPSTREAM = (
        "unverified-upstream",
        "Verify the upstream's certificate against a trusted authority.",
    )
    UNVERIFIED_CONNECTION = (
        "unverified-connection",
        "Verify the server's certificate and name in the connection string.",
    )
    VERIFICATION_OFF = (
        "verification-off",
        "Turn certificate verification on; trust a private authority by its certificate.",
    )


@control("TLS clients verify the server's certificate", Severity.HIGH, "V4 P3", "CWE-295")
def tls_verify(upstream: Upstream) -> Iterator[Violation]:
    """An unverified TLS connection can be intercepted like a plain one: anyone can answer in the server's place."""
    if upstream.local or upstream.encrypted is None or upstream.verified is None:
        return
    if upstream.encrypted.known(False) and upstream.verified.known(True) is False:
        aside, near = _nearby(upstream.host)
        message = f"the certificate of {_named(upstream.host, 'the upstream')} is not verified{aside}"
        remedy, case = TurnOn(Switch.VERIFY_TLS), TlsVerify.UNVERIFIED_UPSTREAM
        severity = Severity.MEDIUM if near is not None else None
        yield Violation(case, message, upstream.verified.at, remedy=remedy, severity=severity)


def _named(host: str, otherwise: str) -> str:
    return f"`{host}`" if host else otherwise


@control("TLS clients verify the server's certificate", Severity.HIGH, "V4 P3", slug="tls-verify")
def tls_verify_of_connections(connection: ConnectionString) -> Iterator[Violation]:
    if (
        not connection.local
        and connection.encrypted.known(False)
        and connection.verified.known(True) is False
    ):
        message = f"the certificate of {_named(connection.host, 'the server')} is not verified"
        remedy, case = TurnOn(Switch.VERIFY_TLS), TlsVerify.UNVERIFIED_CONNECTION
        # Where encryption is the driver's default, as of 2022, an older one does not encrypt at all.
        severity = None if connection.encrypted.written else Severity.MEDIUM
        yield Violation(case, message, connection.verified.at, remedy=remedy, severity=severity)


_OF_PEERS = {Peer.ANY: None, Peer.CLUSTER: Severity.MEDIUM, Peer.METRICS: Severity.LOW}


@control("TLS clients verify the server's certificate", Severity.HIGH, "V4 P3", slug="tls-verify")
def tls_verify_in_code(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.VERIFY_TLS and feature.on.known(True) is False:
        message = "TLS certificate verification is disabled"
        remedy = TurnOn(Switch.VERIFY_TLS)
        yield Violation(TlsVerify.VERIFICATION_OFF, message, feature.on.at, remedy=remedy)


@control("TLS clients verify the server's certificate", Severity.HIGH, "V4 P3", slug="tls-verify")
def tls_verify_of_resources(client: Verifying) -> Iterator[Violation]:
    if client.on.known(True) is False:
        message = "TLS certificate verification is disabled"
        remedy, severity = TurnOn(Switch.VERIFY_TLS), _OF_PEERS[client.peer]
        yield Violation(TlsVerify.VERIFICATION_OFF, message, client.on.at, remedy=remedy, severity=severity)


class HstsSent(Case):
    ABSENT = "absent", "Send Strict-Transport-Security with every HTTPS response, errors included."
    SHORT = "short", "Raise the max-age of Strict-Transport-Security to at least one year."
    NOT_ON_ERRORS = "not-on-errors", "Send Strict-Transport-Security with error responses, too."


# RFC 6797, 8.3 and 8.4: a browser then uses TLS for every port and sub-domain, and takes no untrusted certificate.
_PLAIN_HOSTS = "ports of the host that are still served over plain HTTP or with an untrusted certificate"


@control(
    "HTTPS responses carry HSTS", Severity.MEDIUM, "V4 V5 P3", "RFC 6797, CWE-319", bundle=Bundle.HEADERS
)
def hsts_sent(answer: ResponseHeaders, policy: Policy) -> Iterator[Violation]:
    """Without HSTS, the first request of a visit may go over plain HTTP, where an attacker can intercept it."""
    name = "strict-transport-security"
    if not answer.over_tls or name in answer.dropped:
        return
    header = answer[name]
    held = header.value if isinstance(header.value, str) else ""
    # HSTS with that max-age and the other directives that it has. Sub-domains are never added: those that are served
    # over plain HTTP, by whomever, could no longer be reached, and browsers keep it for a year (RFC 6797, 6.1.2).
    others = (part.strip() for part in held.split(";"))
    lengthened_kept = (
        part for part in others if part and part.partition("=")[0].strip().lower() != "max-age"
    )
    remedy = SetHeader(
        "Strict-Transport-Security",
        "; ".join((f"max-age={policy.hsts_seconds}", *lengthened_kept)),
        _PLAIN_HOSTS,
    )
    if header.value is ABSENT:
        yield Violation(HstsSent.ABSENT, "`Strict-Transport-Security` is not sent", answer.at, remedy=remedy)
    elif isinstance(header.value, str):
        seconds = max_age(header.value)
        if seconds < policy.hsts_seconds:
            message = f"the HSTS `max-age` of {seconds} s is below the minimum of {policy.hsts_seconds} s"
            yield Violation(HstsSent.SHORT, message, header.at, remedy=remedy)
        elif not answer.on_errors(name):
            kept = SetHeader(remedy.name, header.value)  # browsers note it on their first good answer
            message = "`Strict-Transport-Security` is not sent with error responses"
            yield Violation(HstsSent.NOT_ON_ERRORS, message, header.at, remedy=kept, severity=Severity.INFO)


def max_age(directives: str) -> int:
    """Seconds of the max-age directive of HSTS or Cache-Control; 0 without one."""
    for directive in directives.lower().replace(",", ";").split(";"):
        name, _, value = directive.strip().partition("=")
        if name.strip() == "max-age":
            digits = value.strip().strip('"')
            return int(digits) if digits.isdigit() else 0
    return 0


class UpstreamEncrypted(Case):
    PLAIN_UPSTREAM = (
        "plain-upstream",
        "Serve TLS on the upstream, then connect to it over TLS and verify its certificate.",
    )
    PLAIN_CONNECTION = "plain-connection", "Use the TLS scheme and port of the database, cache or broker."
    PLAIN_RESOLVER = (
        "plain-resolver",
        "Use a resolver on this host, or in its network, that asks others over TLS.",
    )
    MESH = "mesh-plain", "Require mutual TLS between the workloads of the mesh.", Per.THING


@control("Connections that leave the host are encrypted", Severity.MEDIUM, "V4 P3", REFERENCES)
def upstream_encrypted(upstream: Upstream) -> Iterator[Violation]:
    """Anyone with access to the network between the hosts can read credentials and data on an unencrypted hop."""
    if upstream.local or upstream.encrypted is None or not _leaves_the_host(upstream.host):
        return
    if upstream.encrypted.known(True) is False:
        remedy = TurnOn(upstream.switch) if upstream.switch is not None else None
        aside, milder = _nearby(upstream.host)
        message = f"requests to `{upstream.host}` are sent unencrypted{aside}"
        at = upstream.target.at
        yield Violation(UpstreamEncrypted.PLAIN_UPSTREAM, message, at, remedy=remedy, severity=milder)


@control("Connections that leave the host are encrypted", Severity.MEDIUM, "V4 P3", slug="upstream-encrypted")
def upstream_encrypted_of_connections(connection: ConnectionString) -> Iterator[Violation]:
    if (
        not connection.local
        and _leaves_the_host(connection.host)
        and connection.encrypted.known(True) is False
    ):
        aside, milder = _nearby(connection.host)
        if milder is None and not connection.encrypted.written:
            of_aws = connection.scheme.startswith("postgres") and connection.host.endswith(
                ".rds.amazonaws.com"
            )
            if of_aws or connection.host.endswith(_REQUIRES_TLS):
                aside, milder = ", unless its server requires TLS, as new ones do", Severity.LOW
        message = f"the {connection.scheme} connection to `{connection.host}` is unencrypted{aside}"
        at = connection.encrypted.at
        yield Violation(UpstreamEncrypted.PLAIN_CONNECTION, message, at, severity=milder)


@control("Connections that leave the host are encrypted", Severity.MEDIUM, "V4 P3", slug="upstream-encrypted")
def upstream_encrypted_in_a_mesh(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.MESH_PLAIN and feature.on.known(False):
        milder = Severity.LOW if "PERMISSIVE" in feature.what else None
        remedy = TurnOff(Switch.MESH_PLAIN)
        yield Violation(UpstreamEncrypted.MESH, feature.what, feature.on.at, remedy=remedy, severity=milder)


# Managed databases that refuse connections without TLS unless they are told otherwise:
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html (from PostgreSQL 15 on),
# https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-networking-ssl-tls.
_REQUIRES_TLS = (".postgres.database.azure.com", ".mysql.database.azure.com")


def _nearby(host: str) -> tuple[str, Severity | None]:
    """What an address of a private network, or a name that only one has, adds to the sentence, and the most that it is then."""
    host = host.rstrip(".").lower()
    try:
        address = ip_address(host.strip("[]"))
        private = any(address in network for network in _PRIVATE if network.version == address.version)
    except ValueError:
        private = host.endswith((*_OF_ONE_NETWORK, *_OF_ONE_CLUSTER)) or _SERVICE.fullmatch(host) is not None
    return (", within a private network", Severity.INFO) if private else ("", None)


def _leaves_the_host(host: str) -> bool:
    """A name with a dot is another machine's; a bare name (`api`, `cache`) is a neighbour container
    or an upstream block, whose path batten cannot know."""
    host = host.rstrip(".")
    if host.endswith((".internal", ".local", ".localhost", *_OF_ONE_CLUSTER)):
        return False
    return "." in host.strip("[]") and not host.startswith("127.")
