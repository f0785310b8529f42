"""TLS 1.3 encrypts its certificate: its first flight is opened here with the keys of the handshake, which is then
left unfinished (RFC 8446, 7.1 to 7.3)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Sequence
from struct import pack

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from batten.live.tls.flight import NO_ALERT, Bound, Flight
from batten.live.tls.hello import (
    ALPN,
    Malformed,
    ServerHello,
    certificates,
    messages,
    protocol_of,
    read_extensions,
    server_hello,
)
from batten.model.record import record

_CURVES: dict[int, ec.EllipticCurve] = {23: ec.SECP256R1(), 24: ec.SECP384R1(), 25: ec.SECP521R1()}
SHAREABLE = (29, 23, 24, 25, 30)
OPENABLE = (0x1301, 0x1302, 0x1303, 0x1304, 0x1305)


@record
class Share:
    """A key of ours for one group. `secret` makes the shared secret of the other side's key."""

    group: int
    public: bytes
    secret: Callable[[bytes], bytes]


@record
class Opened:
    flight: Flight
    protocol: str = ""  # of ALPN


def share(group: int) -> Share:
    if group == 29:
        young = x25519.X25519PrivateKey.generate()
        made = young.public_key().public_bytes_raw()
        return Share(group, made, lambda peer: young.exchange(x25519.X25519PublicKey.from_public_bytes(peer)))
    if group == 30:
        large = x448.X448PrivateKey.generate()
        made = large.public_key().public_bytes_raw()
        return Share(group, made, lambda peer: large.exchange(x448.X448PublicKey.from_public_bytes(peer)))
    curve = _CURVES[group]
    key = ec.generate_private_key(curve)
    made = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def secret(peer: bytes) -> bytes:
        return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(curve, peer))

    return Share(group, made, secret)


async def read_sealed(reader: asyncio.StreamReader, sent: bytes, shares: Sequence[Share]) -> Opened:
    """What the server sent behind its ServerHello; `sent` is our ClientHello without its record's head.
    An empty flight when it refused, or chose what cannot be opened here."""
    said, opened, bound = b"", b"", Bound()
    hello: ServerHello | None = None
    key: _Key | None = None
    try:
        while True:
            kind, header, content = await bound.record(reader)
            if kind == 21:
                return Opened(Flight(alert=content[1] if len(content) > 1 else 0))
            if kind == 22 and hello is None:
                said += content
                if found := messages(said):
                    message = found[0]
                    if message[0] != 2:
                        raise Malformed("the answer to a ClientHello is not a ServerHello")
                    hello = server_hello(message[1])
                    used = next((s for s in shares if s.group == hello.group), None)
                    if hello.retry or used is None or hello.suite not in OPENABLE:
                        return Opened(Flight(hello))
                    key = _Key(hello, used, sent + said[: 4 + len(found[0][1])])
            elif kind == 23 and key is not None and hello is not None:
                inner, plain = key.opened(content, header)
                opened += plain if inner == 22 else b""
                found = messages(opened)
                if inner != 22 or any(number in (11, 20) for number, _ in found):
                    understood_sent = dict(reversed(found))
                    chain, stapled = (
                        certificates(understood_sent[11], extended=True)
                        if 11 in understood_sent
                        else ((), False)
                    )
                    protocol = protocol_of(read_extensions(understood_sent.get(8, b"")).get(ALPN, b""))
                    return Opened(
                        Flight(hello, NO_ALERT, chain, stapled, hello.group, 0, 13 in understood_sent),
                        protocol,
                    )
    except (asyncio.IncompleteReadError, ConnectionError):
        return Opened(Flight(hello))
    except (InvalidTag, ValueError) as error:
        raise Malformed("the encrypted part of the answer cannot be decrypted") from error


class _Key:
    """The server's handshake traffic key, with the number of the next record."""

    def __init__(self, hello: ServerHello, used: Share, transcript: bytes) -> None:
        self.hash = "sha384" if hello.suite == 0x1302 else "sha256"
        size = hashlib.new(self.hash).digest_size
        peer = hello.extensions[51]
        early = hmac.digest(bytes(size), bytes(size), self.hash)
        derived = self._expand(early, "derived", hashlib.new(self.hash, b"").digest(), size)
        secret = hmac.digest(derived, used.secret(peer[4 : 4 + int.from_bytes(peer[2:4], "big")]), self.hash)
        digest = hashlib.new(self.hash, transcript).digest()
        traffic = self._expand(secret, "s hs traffic", digest, size)
        key = self._expand(traffic, "key", b"", 16 if hello.suite in (0x1301, 0x1304, 0x1305) else 32)
        self.iv = int.from_bytes(self._expand(traffic, "iv", b"", 12), "big")
        suite = hello.suite
        if suite == 0x1303:
            self.open = ChaCha20Poly1305(key).decrypt
        elif suite in (0x1304, 0x1305):
            self.open = AESCCM(key, 8 if suite == 0x1305 else 16).decrypt
        else:
            self.open = AESGCM(key).decrypt
        self.number = 0

    def _expand(self, secret: bytes, label: str, context: bytes, length: int) -> bytes:
        """HKDF-Expand-Label; no output here is longer than one hash."""
        name = b"tls13 " + label.encode()
        info = pack(">H", length) + bytes((len(name),)) + name + bytes((len(context),)) + context
        return hmac.digest(secret, info + b"\1", self.hash)[:length]

    def opened(self, content: bytes, header: bytes) -> tuple[int, bytes]:
        """(type, plaintext) of a record."""
        nonce = (self.iv ^ self.number).to_bytes(12, "big")
        self.number += 1
        plain = self.open(nonce, content, header).rstrip(b"\0")
        return (plain[-1], plain[:-1]) if plain else (0, b"")
