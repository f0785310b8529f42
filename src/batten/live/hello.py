"""ClientHello out, ServerHello in: the first flight of a handshake, and nothing after it (RFC 8446, 5246)."""

from __future__ import annotations

import secrets
from ipaddress import ip_address
from struct import error as StructError
from struct import pack, unpack_from

from batten.model.record import record

VERSIONS = {"SSLv3": 0x0300, "TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}

_SHARED_GROUPS = (29, 23, 24, 25, 30)  # x25519, P-256, P-384, P-521, x448
_FINITE_FIELDS = (256, 257, 258)
_HYBRIDS = (0x11EC, 0x11EB)  # X25519MLKEM768, SecP256r1MLKEM768
_SIGNATURES = (
    *(0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B),
    *(0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0302, 0x0402, 0x0502, 0x0602, 0x0203, 0x0201, 0x0202, 0x0101),
)


class Malformed(ValueError):
    """What came back is no TLS; the sentence says what it is instead."""


@record
class ServerHello:
    version: int
    suite: int


@record
class Alert:
    code: int


def client_hello(version: int, suites: tuple[int, ...], server_name: str) -> bytes:
    """A hello that offers this version as the highest and these suites in this order."""
    modern = version >= VERSIONS["TLSv1.3"]
    session = _vector(secrets.token_bytes(32) if modern else b"", 1)
    offered = _vector(b"".join(pack(">H", s) for s in suites), 2)
    body = pack(">H", min(version, 0x0303)) + secrets.token_bytes(32) + session + offered + b"\x01\x00"
    if version > VERSIONS["SSLv3"]:
        body += _vector(_extensions(version, server_name), 2)
    handshake = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16" + pack(">HH", 0x0300 if version == 0x0300 else 0x0301, len(handshake)) + handshake


def _extensions(version: int, server_name: str) -> bytes:
    modern = version >= VERSIONS["TLSv1.3"]
    # Strict servers refuse a TLS 1.3 hello with groups that TLS 1.3 does not have.
    groups = (*_HYBRIDS, *_SHARED_GROUPS) if modern else (*_SHARED_GROUPS, *_FINITE_FIELDS)
    sent = [_extension(0x0A, _vector(_numbers(groups), 2)), _extension(0x0B, b"\x01\x00")]
    if server_name and not is_address(server_name):
        name = b"\x00" + _vector(server_name.encode("idna"), 2)
        sent.insert(0, _extension(0x00, _vector(name, 2)))
    if version >= VERSIONS["TLSv1.2"]:
        sent.append(_extension(0x0D, _vector(_numbers(_SIGNATURES[: 12 if modern else None]), 2)))
    if modern:
        sent.append(_extension(0x2B, _vector(pack(">H", version), 1)))
        sent.append(_extension(0x2D, b"\x01\x01"))
        # No share at all: a server that takes part answers with a HelloRetryRequest, which names its suite.
        sent.append(_extension(0x33, b"\x00\x00"))
    else:
        sent.append(_extension(0xFF01, b"\x00"))
    return b"".join(sent)


def _numbers(values: tuple[int, ...]) -> bytes:
    return b"".join(pack(">H", v) for v in values)


def _vector(content: bytes, width: int) -> bytes:
    return len(content).to_bytes(width, "big") + content


def _extension(kind: int, content: bytes) -> bytes:
    return pack(">H", kind) + _vector(content, 2)


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
    if kind not in (20, 21, 22) or major != 3 or length > 16_384 + 256:
        if header.startswith((b"HTTP", b"-ERR", b"220 ", b"<htm", b"<!DO")):
            raise Malformed("the port speaks another protocol than TLS")
        raise Malformed("the answer is no TLS record")
    return kind, length


def alert(content: bytes) -> Alert:
    return Alert(content[1] if len(content) >= 2 else 0)


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
    """Version and suite that the server chose; Malformed when the message is cut or twisted."""
    try:
        version = unpack_from(">H", content)[0]
        at = 35 + content[34]
        suite = unpack_from(">H", content, at)[0]
        at += 3
        end = at + 2 + unpack_from(">H", content, at)[0] if len(content) >= at + 2 else at
        at += 2
        while at + 4 <= end:
            kind, length = unpack_from(">HH", content, at)
            if kind == 0x2B and length == 2:
                version = unpack_from(">H", content, at + 4)[0]
            at += 4 + length
    except (IndexError, StructError) as error:
        raise Malformed("the ServerHello is cut short") from error
    return ServerHello(version, suite)


def certificates(content: bytes) -> tuple[bytes, ...]:
    """The DER certificates of a Certificate message of TLS 1.2 or older, leaf first."""
    chain, at, end = [], 3, min(len(content), 3 + int.from_bytes(content[:3], "big"))
    while at + 3 <= end:
        length = int.from_bytes(content[at : at + 3], "big")
        chain.append(content[at + 3 : at + 3 + length])
        at += 3 + length
    return tuple(chain)
