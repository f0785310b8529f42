"""MariaDB's log-in with a password: mysql_native_password
(https://mariadb.com/docs/server/reference/clientserver-protocol/1-connecting/connection)."""

from __future__ import annotations

import hashlib

from batten.engine.hardening.stores.client import Credential, Greeting, Protocol
from batten.live.exchange import Line
from batten.live.stores.mysql import packet
from batten.live.tls.starttls import MYSQL_SSL, mysql_packet

_FLAGS = 0x0008_A205  # long passwords and flags, protocol 4.1, transactions, 20 bytes of salt, named plug-ins
_PLUGIN = b"mysql_native_password"
_MOST = 1 << 24
_UTF8 = b"\x21"


def _says(credential: Credential, greeting: Greeting, tls: bool) -> tuple[Line, ...]:
    """One packet after the greeting, or after the one that asked for TLS."""
    if greeting:
        # Eight bytes behind version and number of the thread, and twelve after the flags.
        salt_greeting = greeting[0]
        at = salt_greeting.find(b"\0", 5) + 5
        salt = salt_greeting[at : at + 8] + salt_greeting[at + 27 : at + 39]
    else:
        salt = b""
    flags = _FLAGS | (MYSQL_SSL if tls else 0)
    body = flags.to_bytes(4, "little") + _MOST.to_bytes(4, "little") + _UTF8 + bytes(23)
    proof = _scrambled(credential.password, salt)
    body += (
        (credential.user.encode() or b"batten-nobody")
        + b"\0"
        + bytes((len(proof),))
        + proof
        + _PLUGIN
        + b"\0"
    )

    def switched(parts: tuple[bytes, ...]) -> bytes:
        """The server may want another salt: that of the account's own plug-in."""
        last = parts[-1]
        name, _, other = last[5:].partition(b"\0")
        if last[4:5] != b"\xfe" or name != _PLUGIN:
            return b""
        return packet(last[3] + 1, _scrambled(credential.password, other.rstrip(b"\0")))

    return packet(2 if tls else 1, body), switched


def _scrambled(password: bytes, salt: bytes) -> bytes:
    if not password:
        return b""
    once = hashlib.sha1(password, usedforsecurity=False).digest()
    twice = hashlib.sha1(once, usedforsecurity=False).digest()
    mask = hashlib.sha1(salt + twice, usedforsecurity=False).digest()
    return bytes(a ^ b for a, b in zip(once, mask, strict=True))


def _admits(parts: tuple[bytes, ...]) -> bool:
    return bool(parts) and parts[-1][4:5] == b"\0"


PROTOCOL = Protocol(says=_says, whole=mysql_packet, admits=_admits, starttls="mysql", greets=True)
