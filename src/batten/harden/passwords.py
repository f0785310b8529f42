"""Passwords, and what stores keep in their place. All are derived from a password file that was generated before."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from batten.harden.made import Earlier, Secret

_BYTES = 32  # of chance in a password
_PBKDF2_ROUNDS = 10_000
_SCRAM_ROUNDS = 4_096  # PostgreSQL's default (scram_iterations)


def password(path: str, what: str) -> Secret:
    """43 letters, digits, `-` and `_`, without a line's end: what every configuration language takes as it is."""
    return Secret(path, lambda _: secrets.token_urlsafe(_BYTES).encode(), what)


def scram_sha_256(text: bytes) -> str:
    """The verifier that PostgreSQL takes in CREATE ROLE … PASSWORD (RFC 5803)."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", text, salt, _SCRAM_ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    of_salt, of_stored, of_server = (base64.b64encode(each).decode() for each in (salt, stored, server))
    return f"SCRAM-SHA-256${_SCRAM_ROUNDS}:{of_salt}${of_stored}:{of_server}"


def sha256_hex(text: bytes) -> str:
    """As an ACL of Redis and Valkey has it, after `#`."""
    return hashlib.sha256(text).hexdigest()


def sha512_pbkdf2(text: bytes) -> str:
    """As Mosquitto's password files have it (https://mosquitto.org/man/mosquitto_passwd-1.html)."""
    salt = secrets.token_bytes(12)
    made = hashlib.pbkdf2_hmac("sha512", text, salt, _PBKDF2_ROUNDS)
    return f"$7${_PBKDF2_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(made).decode()}"


def sha256_salted(text: bytes) -> str:
    """As RabbitMQ's definitions have it (https://www.rabbitmq.com/docs/passwords#computing-password-hash)."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + text).digest()).decode()


def sha1_twice(text: bytes) -> str:
    """As mysql_native_password has it: good enough for a password of 256 bits of chance, and what every client knows."""
    inner = hashlib.sha1(text, usedforsecurity=False).digest()
    return "*" + hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()


def read(earlier: Earlier, path: str) -> bytes:
    return earlier[path].strip()
