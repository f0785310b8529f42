"""What stands behind: servers, and those that are asked about callers."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Secret, Upstream
from batten.model import Setting
from batten.technologies.edges.traefik.configuration import Configuration
from batten.technologies.edges.traefik.values import Value
from batten.technologies.shared.edges.credentials import credential
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.transport.upstreams import upstream_of

_HASHED = ("$apr1$", "$1$", "$2a$", "$2b$", "$2y$", "$2x$", "$5$", "$6$", "{SHA}", "{SSHA}", "$argon2")
_NO_SECRETS = frozenset(("users", "usersfile", "certfile", "keyfile", "rule", "customresponseheaders"))


def upstreams(whole: Configuration) -> Iterator[Upstream]:
    for _, service in whole.of("services"):
        for server in service.of("loadBalancer", "servers").each():
            url = server["url"]
            if url.exists and url.text and ":" in url.text:
                yield upstream_of(url.text, url.here, unknown=not url.known)
    for _, middleware in whole.of("middlewares"):
        address = middleware.of("forwardAuth", "address")
        if address.word:
            yield upstream_of(address.word, address.here)


def secrets(root: Value) -> Iterator[Secret]:
    """Passwords without a hash, headers with a credential, keys of stores and of authorities."""
    for value in root.walk():
        name = next((k for k in reversed(value.path) if isinstance(k, str)), "").lower()
        if value.text is None or name in _NO_SECRETS:
            continue
        text = value.word
        if len(value.path) > 1 and str(value.path[-2]).lower() == "customrequestheaders":
            bare = text.partition(" ")[2] or text
            if credential(name) and name != "cookie" and len(bare) >= 8 and not credentials.placeholder(bare):
                kind: str | None = "password" if text.lower().startswith("basic ") else "token"
            else:
                kind = None
        elif name == "hmacencoded":
            kind = None if not text or credentials.placeholder(text) else "key"
        else:
            kind = credentials.recognise(name, text)
        if kind:
            yield credentials.in_config(value.here, str(name), kind)
    # Users of basicAuth are `name:hash`; what has no hash's beginning is the password itself.
    for value in root.walk():
        if value.name.lower() != "basicauth":
            continue
        for user, at in value["users"].listed():
            password = user.partition(":")[2]
            hashed = password.startswith(_HASHED) or "$" in password or len(password) < 2
            if not hashed and not credentials.placeholder(password):
                yield Secret(at, name="users", value=Setting("password", at), place="config")
