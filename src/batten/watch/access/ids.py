"""Secrets that the service makes: 256 random bits each, kept as their digest alone."""

from __future__ import annotations

import hashlib
import secrets
import zlib

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY = 43  # digits of 256 bits
_CHECK = 6  # digits of 32 bits
PREFIX = "bt_"
HINT = len(PREFIX) + 6  # characters of a token that are kept for people


def random_id() -> str:
    """256 random bits for a cookie or a form."""
    return secrets.token_urlsafe(32)


def random_token() -> str:
    """A new token: its prefix, 256 random bits, and a CRC-32 of both, so that a scanner that finds one can verify it offline."""
    made = PREFIX + _written(secrets.randbits(256), _BODY)
    return made + _checksum(made)


def is_token(sent: str) -> bool:
    """Whether a text has a token's shape and checksum."""
    body = sent.removeprefix(PREFIX)
    shaped = sent.startswith(PREFIX) and len(body) == _BODY + _CHECK and all(c in _DIGITS for c in body)
    return shaped and _checksum(sent[:-_CHECK]) == sent[-_CHECK:]


def digest(secret: str) -> str:
    """What is kept of a secret: SHA-256. It needs no salt and no slow hash, for 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(text: str) -> str:
    return _written(zlib.crc32(text.encode()), _CHECK)


def _written(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, rest = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[rest])
    return "".join(reversed(digits))
