"""Credentials written out, rather than read from files, the environment or a secret service.

Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/base.proto (DataSource)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Secret
from batten.formats.tree import Scalar
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.secrets import credentials

# What a data source of this name holds.
_SOURCES = {
    "private_key": "private key",
    "pkcs12": "private key",
    "password": "password",
    "secret": "secret",
    "keys": "session ticket key",
    "hmac_secret": "key",
    "token_secret": "secret",
    "users": "list of users' password hashes",
    "auth_password": "password",
    "auth_passwords": "password",
    "downstream_auth_password": "password",
    "downstream_auth_passwords": "password",
}
_INLINE = ("inline_string", "inline_bytes")
_LOGIN = re.compile(r"(?:Basic|Bearer|Token|ApiKey)\s+(?P<value>[^\s%]{8,})", re.IGNORECASE)


def secrets(tree: Tree) -> Iterator[Secret]:
    for document in tree.documents:
        for field in document.walk():
            for key in _INLINE:
                text = field[key]
                if not text or not text.known:
                    continue
                # A JSON Web Key that signs as well as it verifies.
                kind = (
                    _SOURCES.get(field.key)
                    or credentials.token(text.text)
                    or (bool(re.search(r"\"kty\"\s*:\s*\"oct\"", text.text)) and "key")
                )
                if kind and not credentials.placeholder(text.text):
                    yield credentials.in_config(text.here, field.key, kind)
            yield from _header(field)


def _header(field: Field) -> Iterator[Secret]:
    """A credential in a header that Envoy adds, or in another word that tells by itself what it is."""
    key, value = field["key"], field["value"]
    if key and value and value.known and isinstance(value.node, Scalar):
        found = _LOGIN.fullmatch(value.text)
        literal = found is not None and not credentials.placeholder(found["value"])
        kind = (
            "login"
            if key.text.lower() == "authorization" and literal
            else credentials.recognise(key.text, value.text)
        )
        if kind:
            yield credentials.in_config(value.here, key.text, kind)
    text = field.text if isinstance(field.node, Scalar) else ""
    if text and field.key not in ("value", *_INLINE):
        known = credentials.within(text)
        if known:
            yield credentials.in_config(field.here, field.key, known)
