"""PostgreSQL's log-in with a password: SCRAM-SHA-256 (RFC 5802 and 7677; PostgreSQL's protocol 3.0, SASL authentication)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from batten.engine.hardening.stores.client import Credential, Greeting, Protocol
from batten.live.exchange import Line
from batten.live.stores.postgresql import messages

_SASL, _CONTINUES, _FINAL = 10, 11, 12
_NO_BINDING = "n,,"


def _says(credential: Credential, _: Greeting, tls: bool) -> tuple[Line, ...]:
    nonce = base64.b64encode(secrets.token_bytes(18)).decode()
    first = f"n=,r={nonce}"

    def begins(parts: tuple[bytes, ...]) -> bytes:
        if _step(parts[-1])[0] != _SASL:
            return b""
        message = f"{_NO_BINDING}{first}".encode()
        return _sent(b"SCRAM-SHA-256\0" + len(message).to_bytes(4, "big") + message)

    def proves(parts: tuple[bytes, ...]) -> bytes:
        number, told = _step(parts[-1])
        final = (
            _final(first, told.decode("utf-8", "replace"), credential.password)
            if number == _CONTINUES
            else ""
        )
        return _sent(final.encode()) if final else b""

    return _start(credential.user), begins, proves


def _start(user: str) -> bytes:
    """StartupMessage; without a user it names one that there is not."""
    name = user.encode() or b"batten-nobody"
    pairs = b"\0\x03\0\0user\0" + name + b"\0database\0api\0\0"
    return (len(pairs) + 4).to_bytes(4, "big") + pairs


def _sent(content: bytes) -> bytes:
    return b"p" + (len(content) + 4).to_bytes(4, "big") + content


def _step(answer: bytes) -> tuple[int, bytes]:
    """The number of the first request for authentication, and what it holds; -1 where there is none."""
    found = next((content for kind, content in messages(answer) if kind == b"R"), b"")
    return (int.from_bytes(found[:4], "big"), found[4:]) if found else (-1, b"")


def _final(first: str, told: str, password: bytes) -> str:
    """What proves that the client knows the password; "" where the server's message is none."""
    said = dict(field.split("=", 1) for field in told.split(",") if "=" in field)
    try:
        salt, rounds = base64.b64decode(said["s"]), min(int(said["i"]), 1_000_000)
        salted = hashlib.pbkdf2_hmac("sha256", password, salt, rounds)
    except (KeyError, ValueError, binascii.Error):
        return ""
    bare = f"c={base64.b64encode(_NO_BINDING.encode()).decode()},r={said.get('r', '')}"
    key = hmac.digest(salted, b"Client Key", "sha256")
    over = f"{first},{told},{bare}".encode()
    signature = hmac.digest(hashlib.sha256(key).digest(), over, "sha256")
    proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
    return f"{bare},p={base64.b64encode(proof).decode()}"


def _whole(answer: bytes) -> bool:
    """Another turn of the client's, an error, or the end of the log-in: after the last step of SCRAM the server goes on."""
    return any(
        kind in b"ZE" or (kind == b"R" and int.from_bytes(content[:4], "big") not in (0, _FINAL))
        for kind, content in messages(answer)
    )


def _admits(parts: tuple[bytes, ...]) -> bool:
    """AuthenticationOk came."""
    found = (content for part in parts for kind, content in messages(part) if kind == b"R")
    return any(content[:4] == bytes(4) for content in found)


PROTOCOL = Protocol(says=_says, whole=_whole, admits=_admits, starttls="postgresql")
