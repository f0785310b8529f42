"""ClientHello out, ServerHello in, as bytes (RFC 8446, 5246, 6101)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import field
from ipaddress import ip_address
from struct import error as StructError
from struct import pack, unpack_from

from batten.live.tls.groups import CURVES_1_2, GROUPS_1_3
from batten.model.record import record

SSLV2, TLSV1_2, TLSV1_3 = 0x0002, 0x0303, 0x0304
VERSIONS = {
    "SSLv2": SSLV2,
    "SSLv3": 0x0300,
    "TLSv1": 0x0301,
    "TLSv1.1": 0x0302,
    "TLSv1.2": TLSV1_2,
    "TLSv1.3": TLSV1_3,
}
FALLBACK = 0x5600  # TLS_FALLBACK_SCSV (RFC 7507)
ECDSA = (0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x081A, 0x081B, 0x081C)
RSA = (0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501, 0x0601)
_OLD_SIGNATURES = (0x0303, 0x0301, 0x0302, 0x0402, 0x0502, 0x0602, 0x0203, 0x0201, 0x0202, 0x0101)
# Extensions: RFC 6066, 8422, 8446, 7301, 7627, 5077, 5746.
NAME, STATUS, GROUP, POINTS, SIGNATURE, ALPN, LONG_MASTER, TICKET = 0, 5, 10, 11, 13, 16, 23, 35
VERSION, MODES, SHARE, RENEGOTIATION = 43, 45, 51, 0xFF01
_RETRY = hashlib.sha256(b"HelloRetryRequest").digest()  # RFC 8446, 4.1.3


class Malformed(ValueError):
    """What came back is no TLS; the sentence says what it is instead."""


@record
class Offer:
    """What one ClientHello offers, with this version as the highest."""

    version: int
    suites: tuple[int, ...]
    server_name: str = ""
    groups: tuple[int, ...] | None = None  # None: all of the version
    protocols: tuple[str, ...] = ()  # ALPN
    compression: bool = False
    features: bool = False  # tickets, OCSP stapling, extended master secret
    signatures: tuple[int, ...] = ()  # () all
    shares: tuple[
        tuple[int, bytes], ...
    ] = ()  # TLS 1.3: none asks for a HelloRetryRequest, which names a group
    renewed: bytes = b""  # the verify_data of the handshake that this one renews (RFC 5746, 3.5)


@record
class ServerHello:
    version: int
    suite: int
    compression: int = 0
    random: bytes = b""
    extensions: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def retry(self) -> bool:
        return self.random == _RETRY

    @property
    def group(self) -> int:
        """The group of TLS 1.3's key exchange, 0 when none is named."""
        share = self.extensions.get(SHARE, b"")
        return int.from_bytes(share[:2], "big") if len(share) >= 2 else 0


def client_hello(offer: Offer) -> bytes:
    """A record with a ClientHello."""
    modern = offer.version >= TLSV1_3
    session = _vector(secrets.token_bytes(32) if modern else b"", 1)
    body = pack(">H", min(offer.version, TLSV1_2)) + secrets.token_bytes(32) + session
    body += _vector(_numbers(offer.suites), 2) + _vector(b"\1\0" if offer.compression else b"\0", 1)
    if offer.version > VERSIONS["SSLv3"]:
        body += _vector(b"".join(pack(">H", k) + _vector(c, 2) for k, c in _extensions(offer).items()), 2)
    handshake = b"\1" + _vector(body, 3)
    return b"\x16" + pack(">H", min(offer.version, 0x0301)) + _vector(handshake, 2)


def _extensions(offer: Offer) -> dict[int, bytes]:
    made: dict[int, bytes] = {}
    if offer.server_name and not is_address(offer.server_name):
        made[NAME] = _vector(b"\0" + _vector(_ascii(offer.server_name), 2), 2)
    # Strict servers refuse a TLS 1.3 hello with groups that TLS 1.3 does not have.
    usual = GROUPS_1_3 if offer.version >= TLSV1_3 else CURVES_1_2
    made[GROUP] = _vector(_numbers(usual if offer.groups is None else offer.groups), 2)
    made[POINTS] = b"\1\0"
    if offer.version >= TLSV1_2:
        old = () if offer.version >= TLSV1_3 else _OLD_SIGNATURES
        made[SIGNATURE] = _vector(_numbers(offer.signatures or (*ECDSA, *RSA, *old)), 2)
    if offer.protocols:
        made[ALPN] = _vector(b"".join(_vector(p.encode(), 1) for p in offer.protocols), 2)
    if offer.features:
        made |= {STATUS: b"\1\0\0\0\0", TICKET: b"", LONG_MASTER: b""}
    if offer.version >= TLSV1_3:
        shares = b"".join(pack(">H", group) + _vector(public, 2) for group, public in offer.shares)
        made |= {VERSION: _vector(pack(">H", offer.version), 1), MODES: b"\1\1", SHARE: _vector(shares, 2)}
    else:
        made[RENEGOTIATION] = _vector(offer.renewed, 1)
    return made


def _ascii(name: str) -> bytes:
    try:
        return name.encode("idna")
    except UnicodeError:
        return name.encode("ascii", "ignore")


def _numbers(values: tuple[int, ...]) -> bytes:
    return pack(f">{len(values)}H", *values)


def _vector(content: bytes, width: int) -> bytes:
    return len(content).to_bytes(width, "big") + content


def is_address(name: str) -> bool:
    """Whether a host is an IP address, which never goes into SNI (RFC 6066)."""
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def tls_record(header: bytes) -> tuple[int, int]:
    """The type and the length of a record, from its five bytes of header."""
    kind, major, length = header[0], header[1], unpack_from(">H", header, 3)[0]
    if kind not in (20, 21, 22, 23) or major != 3 or length > 16_384 + 256:
        if header.startswith(
            (b"HTTP", b"-ERR", b"220 ", b"220-", b"<htm", b"<!DO", b"+OK", b"* OK", b"SSH-")
        ):
            raise Malformed("the port answers in a protocol other than TLS")
        raise Malformed("the answer is not a TLS record")
    return kind, length


def messages(handshake: bytes) -> list[tuple[int, bytes]]:
    """The complete handshake messages at the start of the bytes: (type, content)."""
    found, at = [], 0
    while len(handshake) - at >= 4:
        length = int.from_bytes(handshake[at + 1 : at + 4], "big")
        if len(handshake) - at - 4 < length:
            break
        found.append((handshake[at], handshake[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


def server_hello(content: bytes) -> ServerHello:
    """What the server chose; Malformed when the message is cut or twisted."""
    try:
        version = unpack_from(">H", content)[0]
        at = 35 + content[34]
        suite, compression = unpack_from(">HB", content, at)
    except (IndexError, StructError) as error:
        raise Malformed("the ServerHello is truncated") from error
    extensions = read_extensions(content[at + 3 :])
    if len(extensions.get(VERSION, b"")) == 2:
        version = int.from_bytes(extensions[VERSION], "big")
    return ServerHello(version, suite, compression, content[2:34], extensions)


def read_extensions(content: bytes) -> dict[int, bytes]:
    """Extensions by their number; those that are cut are left out."""
    found: dict[int, bytes] = {}
    at, end = 2, min(len(content), 2 + int.from_bytes(content[:2], "big"))
    while at + 4 <= end:
        kind, length = unpack_from(">HH", content, at)
        found[kind] = content[at + 4 : at + 4 + length]
        at += 4 + length
    return found


def protocol_of(extension: bytes) -> str:
    """The protocol that an ALPN extension of a server names, "" when none (RFC 7301)."""
    return extension[3 : 3 + extension[2]].decode("ascii", "replace") if len(extension) > 3 else ""


def certificates(content: bytes, extended: bool = False) -> tuple[tuple[bytes, ...], bool]:
    """The DER certificates of a Certificate message, leaf first, and whether an OCSP answer is stapled to
    the leaf; `extended` is TLS 1.3's form, in which each has extensions of its own."""
    chain: list[bytes] = []
    stapled = False
    at = 1 + content[0] if extended and content else 0
    end = min(len(content), at + 3 + int.from_bytes(content[at : at + 3], "big"))
    at += 3
    while at + 3 <= end:
        length = int.from_bytes(content[at : at + 3], "big")
        chain.append(content[at + 3 : at + 3 + length])
        at += 3 + length
        if extended:
            more = int.from_bytes(content[at : at + 2], "big")
            stapled |= len(chain) == 1 and STATUS in read_extensions(content[at : at + 2 + more])
            at += 2 + more
    return tuple(chain), stapled


def agreed(suite: str, content: bytes) -> tuple[int, int]:
    """(Number of the named group, bits of a finite field) in a ServerKeyExchange of a suite by IANA's name;
    0 for what it does not say (RFC 5246, 7.4.3; RFC 8422, 5.4)."""
    exchange = suite.removeprefix("TLS_").partition("_WITH_")[0]
    if "PSK" in exchange:
        content = content[2 + int.from_bytes(content[:2], "big") :]  # the hint
    if exchange.startswith("ECDH"):
        return (
            (int.from_bytes(content[1:3], "big"), 0) if content[:1] == b"\3" and len(content) > 2 else (0, 0)
        )
    if exchange.startswith(("DHE", "DH_anon", "PSK_DHE")):
        prime = content[2 : 2 + int.from_bytes(content[:2], "big")]
        return 0, int.from_bytes(prime, "big").bit_length()
    return 0, 0


def sslv2_hello() -> bytes:
    """The hello of SSL 2.0 with each of its cipher kinds (specification of 1995, 2.5)."""
    kinds = b"".join(n.to_bytes(3, "big") for n in _SSLV2_KINDS)
    body = b"\1\0\2" + pack(">HHH", len(kinds), 0, 16) + kinds + secrets.token_bytes(16)
    return pack(">H", 0x8000 | len(body)) + body


_SSLV2_KINDS = (0x010080, 0x020080, 0x030080, 0x040080, 0x050080, 0x060040, 0x0700C0, 0x080080)


def sslv2_kinds(content: bytes) -> tuple[int, ...]:
    """The cipher kinds of an SSL 2.0 ServerHello, without its two bytes of length; () when it is none."""
    if len(content) < 11 or content[0] != 4 or content[3:5] != b"\0\2":
        return ()
    certificate, kinds = unpack_from(">HH", content, 5)
    listed = content[11 + certificate : 11 + certificate + kinds]
    return tuple(int.from_bytes(listed[at : at + 3], "big") for at in range(0, len(listed) - 2, 3))
