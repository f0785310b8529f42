"""Credentials of consumers, plugins and certificates that are written out.

Source: https://developer.konghq.com/gateway/secrets-management/
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Secret
from batten.technologies.edges.kong.gateway import Gateway
from batten.technologies.edges.kong.tree import Item
from batten.technologies.shared.edges.credentials import credential
from batten.technologies.shared.secrets import credentials

# Lists of credentials, and what in one of them is the secret.
_CREDENTIALS = {
    "basicauth_credentials": ("password", "password"),
    "hmacauth_credentials": ("secret", "key"),
    "jwt_secrets": ("secret", "key"),
    "keyauth_credentials": ("key", "key"),
    "keyauth_enc_credentials": ("key", "key"),
    "oauth2_credentials": ("client_secret", "secret"),
}
_HEADERS = frozenset(("headers", "querystring", "body"))


def secrets(gateway: Gateway) -> Iterator[Secret]:
    for item in gateway.root.walk():
        kind = _kind(item)
        if kind:
            yield credentials.in_config(item.here, item.key, kind)


def _kind(item: Item) -> str | None:
    if not item.text:
        return None
    listed = next((str(k) for k in item.path if k in _CREDENTIALS), "")
    if listed and item.path[-1] == _CREDENTIALS[listed][0]:
        plain = item.known and not credentials.placeholder(item.text)
        return _CREDENTIALS[listed][1] if plain else None
    if not item.known:
        return None
    if item.key == "provision_key":  # who has it grants tokens for every user
        return None if credentials.placeholder(item.text) else "key"
    # `Authorization:Basic …` in a list of headers, or below a mapping of them.
    if not _HEADERS & {str(k) for k in item.path}:
        header: str | None = None
    else:
        name, _, value = (
            item.text.partition(":") if isinstance(item.path[-1], int) else (item.key, "", item.text)
        )
        value = value.strip().partition(" ")[2] or value.strip()
        literal = len(value) >= 8 and not credentials.placeholder(value) and "$(" not in value
        header = "token" if credential(name) and literal else None
    return header or credentials.recognise(item.key, item.text)
