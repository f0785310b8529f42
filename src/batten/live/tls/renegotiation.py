"""Whether a client may begin a second handshake inside TLS 1.2: the first one is finished here, and one ClientHello is sent
through it (RFC 5246, 7.4.1.1 and RFC 5746, 3.5). TLS 1.3 has no renegotiation."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from struct import pack

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from batten.live.exchange import CertificateWanted
from batten.live.tls.flight import Bound
from batten.live.tls.hello import TLSV1_2, Malformed, Offer, client_hello, messages, server_hello
from batten.live.tls.offers import Port
from batten.live.tls.sealed import SHAREABLE, share
from batten.model.record import record

# Suites with ECDHE and AEAD (RFC 5289, 7905): bytes of the key, hash of the pseudo-random function.
_SUITES = {
    0xC02B: (16, "sha256"),
    0xC02F: (16, "sha256"),
    0xC02C: (32, "sha384"),
    0xC030: (32, "sha384"),
    0xCCA8: (32, "sha256"),
    0xCCA9: (32, "sha256"),
}
_CHACHA = (0xCCA8, 0xCCA9)
_CHANGE, _ALERT, _HANDSHAKE = 20, 21, 22
_SERVER_HELLO, _KEY_EXCHANGE, _ASKS_CERTIFICATE, _DONE = 2, 12, 13, 14
_NO_CERTIFICATE = b"\x0b\0\0\3\0\0\0"
WAITED = 2.0  # seconds for a second handshake, from a server that has just finished the first one


@record
class _Agreed:
    """Keys of both directions, and what a second hello has to prove that it belongs to the first."""

    client: _Cipher
    server: _Cipher
    verify: bytes


async def renegotiates(port: Port, suites: tuple[int, ...]) -> bool | None:
    """Whether a second ClientHello is answered with a ServerHello. None without a suite that is spoken here, and where only
    clients with a certificate get so far. Raises
    Malformed, NotAnswered, OSError, TimeoutError when the first handshake fails."""
    ours = tuple(s for s in suites if s in _SUITES)
    if not ours:
        return None
    offer = Offer(TLSV1_2, ours, port.name, groups=SHAREABLE)
    async with port.connection() as (reader, writer):
        try:
            agreed = await _finished(offer, reader, writer)
        except CertificateWanted:
            return None
        again = client_hello(Offer(TLSV1_2, ours, port.name, groups=SHAREABLE, renewed=agreed.verify))
        writer.write(agreed.client.record(_HANDSHAKE, again[5:]))
        try:
            async with asyncio.timeout(WAITED):
                return await _taken(agreed.server, reader)
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            return False  # it was heard, as the handshake before shows, and is not answered


async def _finished(offer: Offer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> _Agreed:
    """A whole handshake; the certificate is not looked at, and nothing is sent through it but a hello."""
    sent = client_hello(offer)
    writer.write(sent)
    bound = Bound()
    said = await _first_flight(reader, bound)
    found = dict(reversed(messages(said)))
    hello = server_hello(found.get(_SERVER_HELLO, b""))
    if hello.suite not in offer.suites or hello.version != TLSV1_2:
        raise Malformed("the port selected a suite that was not offered")
    public, secret = _exchanged(found.get(_KEY_EXCHANGE, b""))
    ours = _NO_CERTIFICATE if _ASKS_CERTIFICATE in found else b""
    ours += b"\x10" + (len(public) + 1).to_bytes(3, "big") + bytes((len(public),)) + public
    keys = _Keys(hello.suite, secret, sent[11:43], hello.random)
    verify = keys.verify(sent[5:] + said + ours)
    client, server = keys.ciphers()
    writer.write(_plain(_HANDSHAKE, ours) + _plain(_CHANGE, b"\1"))
    writer.write(client.record(_HANDSHAKE, b"\x14\0\0\x0c" + verify))
    try:
        await _server_finished(server, reader, bound)
    except (Malformed, ConnectionError) as error:
        if _ASKS_CERTIFICATE in found:
            raise CertificateWanted("the server requires a client certificate") from error
        raise
    return _Agreed(client, server, verify)


async def _first_flight(reader: asyncio.StreamReader, bound: Bound) -> bytes:
    """The messages up to ServerHelloDone, as they were sent."""
    said = b""
    while True:
        kind, _, content = await _record(reader, bound)
        if kind != _HANDSHAKE:
            raise Malformed("the port ended a handshake that it had accepted before")
        said += content
        if any(number == _DONE for number, _ in messages(said)):
            return said


async def _record(reader: asyncio.StreamReader, bound: Bound) -> tuple[int, bytes, bytes]:
    try:
        return await bound.record(reader)
    except asyncio.IncompleteReadError as error:
        raise Malformed("the port ended a handshake that it had accepted before") from error


def _exchanged(content: bytes) -> tuple[bytes, bytes]:
    """(Our public key, the shared secret) for the key in a ServerKeyExchange (RFC 8422, 5.4)."""
    group, length = int.from_bytes(content[1:3], "big"), content[3] if len(content) > 3 else 0
    if content[:1] != b"\3" or group not in SHAREABLE:
        raise Malformed("the port selected a group that was not offered")
    used = share(group)
    try:
        return used.public, used.secret(content[4 : 4 + length])
    except ValueError as error:
        raise Malformed("the port's key for the exchange is invalid") from error


async def _server_finished(cipher: _Cipher, reader: asyncio.StreamReader, bound: Bound) -> None:
    """Read past the server's Finished, which is the first record that it encrypts."""
    changed = False
    while True:
        kind, _, content = await _record(reader, bound)
        if changed and kind == _HANDSHAKE:
            cipher.opened(kind, content)
            return
        if kind == _ALERT:
            raise Malformed("the port ended a handshake that it had accepted before")
        changed |= kind == _CHANGE


async def _taken(cipher: _Cipher, reader: asyncio.StreamReader) -> bool:
    """Whether what comes next, besides requests to begin anew and data, is a ServerHello."""
    bound = Bound()
    while True:
        kind, _, content = await bound.record(reader)
        plain = cipher.opened(kind, content)
        if kind == _ALERT:
            return False  # no_renegotiation (100), or the end
        if kind == _HANDSHAKE and plain[:1] == bytes((_SERVER_HELLO,)):
            return True


class _Keys:
    """What both sides derive from their secret (RFC 5246, 5, 6.3 and 8.1)."""

    def __init__(self, suite: int, secret: bytes, client: bytes, server: bytes) -> None:
        self.suite = suite
        self.size, self.hash = _SUITES[suite]
        self.randoms = server + client
        self.master = self._made(secret, b"master secret" + client + server, 48)

    def _made(self, secret: bytes, seed: bytes, length: int) -> bytes:
        made, step = b"", seed
        while len(made) < length:
            step = hmac.digest(secret, step, self.hash)
            made += hmac.digest(secret, step + seed, self.hash)
        return made[:length]

    def verify(self, transcript: bytes) -> bytes:
        """The client's verify_data."""
        digest = hashlib.new(self.hash, transcript).digest()
        return self._made(self.master, b"client finished" + digest, 12)

    def ciphers(self) -> tuple[_Cipher, _Cipher]:
        """(Of the client, of the server)."""
        size, salt = self.size, 12 if self.suite in _CHACHA else 4
        block = self._made(self.master, b"key expansion" + self.randoms, 2 * (size + salt))
        salts = block[2 * size :]
        made = ((block[:size], salts[:salt]), (block[size : 2 * size], salts[salt:]))
        first, second = (_Cipher(self.suite, key, fixed) for key, fixed in made)
        return first, second


class _Cipher:
    """One direction, with the number of its next record (RFC 5288, 3; RFC 7905, 2)."""

    def __init__(self, suite: int, key: bytes, fixed: bytes) -> None:
        self.explicit = suite not in _CHACHA
        self.aead: AESGCM | ChaCha20Poly1305 = AESGCM(key) if self.explicit else ChaCha20Poly1305(key)
        self.fixed = fixed
        self.number = 0

    def record(self, kind: int, plain: bytes) -> bytes:
        nonce, named = self._next()
        head = named + pack(">BHH", kind, TLSV1_2, len(plain))
        sealed = self.aead.encrypt(nonce, plain, head)
        return _plain(kind, (nonce[4:] if self.explicit else b"") + sealed)

    def opened(self, kind: int, content: bytes) -> bytes:
        """The content of a record. Malformed when it was not sealed with this key."""
        nonce, named = self._next()
        if self.explicit:
            nonce, content = self.fixed + content[:8], content[8:]
        try:
            return self.aead.decrypt(nonce, content, named + pack(">BHH", kind, TLSV1_2, len(content) - 16))
        except (InvalidTag, ValueError, OverflowError) as error:
            raise Malformed("the encrypted part of the answer cannot be decrypted") from error

    def _next(self) -> tuple[bytes, bytes]:
        """(Nonce, number as it is written)."""
        number = self.number.to_bytes(8, "big")
        self.number += 1
        if self.explicit:
            return self.fixed + number, number
        whole = int.from_bytes(self.fixed, "big") ^ int.from_bytes(number, "big")
        return whole.to_bytes(12, "big"), number


def _plain(kind: int, content: bytes) -> bytes:
    return pack(">BHH", kind, TLSV1_2, len(content)) + content
