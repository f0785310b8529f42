"""Names of settings that hold a secret: `DB_PASSWORD`, `clientSecret`, `X-Api-Key`, `requirepass`."""

from __future__ import annotations

import re
from functools import lru_cache

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[a-z]\d)(?=[A-Z][a-z])")
_PARTS = re.compile(r"[^a-z0-9]+")
_LAST = frozenset(
    [
        "pass",
        "passwd",
        "password",
        "passphrase",
        "passcode",
        "pwd",
        "pw",
        "secret",
        "token",
        "apikey",
        "credential",
        "credentials",
        "authorization",
        "cookie",
        "signature",
        "sig",
        "requirepass",
        "masterauth",
        "primaryauth",
        "masterpass",
        "cred",
        "creds",
        "passkey",
    ]
)
_ENDINGS = (
    "password", "passwd", "passphrase", "secret", "token", "apikey", "secretkey", "accesstoken", "secretaccesskey",
    "privatekey", "signingkey", "authkey", "accesskey", "encryptionkey", "masterkey", "requirepass", "masterauth",
    "sharedkey", "accountkey", "apitoken", "cookiesecret",
)  # fmt: skip
_KEY_OF = frozenset(
    [
        "api",
        "access",
        "auth",
        "secret",
        "private",
        "signing",
        "sign",
        "encryption",
        "encrypt",
        "master",
        "jwt",
        "app",
        "application",
        "license",
        "account",
        "shared",
        "storage",
        "session",
        "deploy",
        "client",
        "admin",
        "mac",
        "hmac",
        "webhook",
        "subscription",
        "service",
        "preshared",
        "psk",
        "wireguard",
        "hash",
        "cookie",
        "token",
        "aes",
        "rsa",
        "data",
        "tsig",
        "server",
        "security",
        "function",
        "host",
    ]
)
_PASSES_ON = frozenset(
    ["proxy", "fastcgi", "uwsgi", "scgi", "grpc", "memcached", "by", "lua", "js", "auth_request"]
)
_AMBIGUOUS = frozenset(
    [
        "secret",
        "token",
        "key",
        "credential",
        "credentials",
        "cookie",
        "signature",
        "sig",
        "auth",
        "authorization",
    ]
)
_NUMBER = re.compile(r"\d+")


@lru_cache(maxsize=4096)
def holds_secret(name: str) -> bool:
    """Whether a setting of this name holds a secret itself; `_FILE`, `_URL`, `_TTL` … end otherwise."""
    if len(name) > 80:
        return False
    parts = _parts(name)
    if not parts or "public" in parts or "publishable" in parts:
        return False
    last, before = parts[-1], parts[-2] if len(parts) > 1 else ""
    if last == "pass":
        return before not in _PASSES_ON
    if last == "pwd":
        return before not in ("", "old") or (name.islower() and before == "")
    if last in _LAST:
        return True
    if last in ("hash", "digest", "base", "value", "data", "string", "plain", "literal", "default"):
        return any(p in _LAST for p in parts[:-1]) or parts[-3:-1] == ["secret", "key"]
    if last == "key":
        return before in _KEY_OF
    if last == "auth":
        return name.startswith("_") or before in (
            "redis",
            "neo4j",
            "basic",
            "master",
            "proxy",
            "broker",
            "smtp",
            "dashboard",
        )
    if (last == "id" and before == "session") or last in ("sessionid", "sessid", "phpsessid", "jsessionid"):
        return True
    if last == "verifier" and before == "code":
        return True
    return last.endswith(_ENDINGS) and not last.startswith(("oldpwd", "bypass"))


def ambiguous(name: str) -> bool:
    """Whether the value may as well be the *name* of a secret: `secret: orders-tls`."""
    parts = _parts(name)
    return bool(parts) and parts[-1] in _AMBIGUOUS


def _parts(name: str) -> list[str]:
    parts = [p for p in _PARTS.split(_HUMP.sub("_", name).lower()) if p]
    while len(parts) > 1 and _NUMBER.fullmatch(parts[-1]):
        parts.pop()
    if parts:
        parts[-1] = parts[-1].rstrip("0123456789") or parts[-1]
    return parts
