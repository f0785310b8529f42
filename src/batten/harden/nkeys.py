"""NATS' keys: Ed25519 in letters, of which a server knows the public half only (https://docs.nats.io/nats-concepts/security/nkeys)."""

from __future__ import annotations

import base64
import binascii
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SEED, _USER = 18 << 3, 20 << 3


def seed() -> bytes:
    """A new user's private key."""
    head = bytes((_SEED | _USER >> 5, (_USER & 31) << 3))
    return _written(head + secrets.token_bytes(32))


def public(written: bytes) -> str:
    """The name that a server knows the holder of a seed by."""
    raw = base64.b32decode(written.strip() + b"=" * (-len(written.strip()) % 8))[2:34]
    key = Ed25519PrivateKey.from_private_bytes(raw).public_key()
    form = serialization.PublicFormat.Raw
    return _written(bytes((_USER,)) + key.public_bytes(serialization.Encoding.Raw, form)).decode()


def _written(data: bytes) -> bytes:
    """With a CRC-16 (XMODEM), low byte first."""
    checked = data + binascii.crc_hqx(data, 0).to_bytes(2, "little")
    return base64.b32encode(checked).rstrip(b"=")
