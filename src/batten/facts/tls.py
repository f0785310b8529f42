from __future__ import annotations

from datetime import datetime

from batten.facts.fact import Fact
from batten.model import Setting
from batten.model.record import record


@record
class Issuer:
    """A certificate above the leaf."""

    name: str
    not_after: datetime
    key: str
    key_bits: int
    signature: str
    self_signed: bool


@record(kw_only=True)
class RequestedCertificate(Fact):
    """A server certificate that a controller is told to obtain."""

    name: str
    signer: Setting[str]  # "self", "staging"; ABSENT: another, or not what clients are shown
    hours: Setting[int]  # for which each is valid
    key_kept: Setting[bool]  # renewed certificates keep their private key


@record(kw_only=True)
class Certificate(Fact):
    """A server certificate, from a file or from a handshake."""

    host: str  # the name asked for; "" for a file
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    issuer: str
    self_signed: bool
    key: str  # "RSA 2048", "EC secp256r1", "Ed25519"
    key_bits: int
    signature: str  # "sha256" …
    chain_complete: Setting[bool]  # UNKNOWN when no trust anchor was given to judge by
    trusted: Setting[bool]
    name_matches: Setting[bool]
    ordered: bool = True  # each certificate that was sent follows the one that it certifies
    missing: str = ""  # the issuer whose certificate is neither sent nor an anchor
    issuers: tuple[Issuer, ...] = ()  # that were sent, from the leaf's upwards
    must_staple: bool = False  # the certificate demands a stapled OCSP answer (RFC 7633)
    stapled: bool | None = None  # None: not seen


@record
class TlsTraits:
    """How a port negotiates TLS, beside versions and suites. None: it could not be told, or does not apply."""

    server_preference: bool | None = None  # the server's order of suites decides, not the client's
    groups: tuple[str, ...] = ()  # of key exchange, by their names in IANA's registry
    dh_bits: int = 0  # the smallest finite field of DHE, 0 without DHE
    compression: bool | None = None
    secure_renegotiation: bool | None = None  # RFC 5746
    client_renegotiation: bool | None = None  # in TLS 1.2, begun by the client
    fallback_scsv: bool | None = None  # RFC 7507
    extended_master_secret: bool | None = None  # RFC 7627
    tickets: bool | None = None
    stapling: bool | None = None
    asks_certificate: bool | None = None
    protocols: tuple[str, ...] = ()  # ALPN
    http2: bool | None = None  # spoken after it was agreed by ALPN
    quic: tuple[str, ...] = ()  # versions of QUIC that the UDP port of the same number offers
    announces_http3: bool | None = None  # by Alt-Svc (RFC 7838)
    # What a hello without SNI gets: "the same certificate", "another certificate", "refused".
    without_name: str = ""


@record(kw_only=True)
class TlsOffer(Fact):
    """What a port offered in handshakes that were not finished."""

    host: str
    port: int
    protocols: tuple[str, ...]  # "SSLv2" … "TLSv1.3"
    suites: tuple[str, ...]  # OpenSSL names
    traits: TlsTraits
