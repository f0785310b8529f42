"""Answers kept for a minute. The API works without its cache, only slower."""

from __future__ import annotations

import logging

import valkey

from app.settings import settings

SECONDS = 60

log = logging.getLogger(__name__)

# The user is named because a server that has no password yet takes any for it, and a server that has
# one takes only the right one: the password can be set on the server without touching the application.
_client = valkey.Valkey.from_url(
    settings.cache_url,
    username="default" if settings.cache_password else None,
    password=settings.cache_password or None,
    socket_timeout=1.0,
    socket_connect_timeout=1.0,
)


def alive() -> bool:
    try:
        return bool(_client.ping())
    except valkey.ValkeyError as error:
        log.warning("The cache does not answer: %s", error)
        return False


def kept(key: str) -> bytes | None:
    try:
        value = _client.get(key)
    except valkey.ValkeyError as error:
        log.warning("The cache cannot be read: %s", error)
        return None
    return value if isinstance(value, bytes) else None


def keep(key: str, value: bytes) -> None:
    try:
        _client.set(key, value, ex=SECONDS)
    except valkey.ValkeyError as error:
        log.warning("The cache cannot be written: %s", error)
