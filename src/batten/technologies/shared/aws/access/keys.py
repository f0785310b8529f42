"""Who sets what a condition key is compared with: `keys.txt` beside it."""

from __future__ import annotations

from enum import Enum
from functools import cache

from batten.files.own import own_text
from batten.model.record import record

_FILE = "technologies/shared/aws/access/keys.txt"


class Domain(Enum):
    IDENTITY = "identity"
    SESSION = "session"
    SOURCE = "source"
    NETWORK = "network"
    ADDRESS = "address"
    INNER = "inner"
    CLAIM = "claim"
    FREE = "free"
    HEADER = "header"
    VIA = "via"
    TLS = "tls"
    TIME = "time"
    OWNER = "owner"
    SECRET = "secret"
    SERVICE = "service"
    UNLISTED = ""


@record
class Key:
    """`form`: the part of a value that fixes whom it means."""

    domain: Domain
    form: str = "whole"


_UNLISTED = Key(Domain.UNLISTED)


def key_of(name: str) -> Key:
    """What a key is, its name in small letters; UNLISTED where batten does not know."""
    exact, open_ = _table()
    if name in exact:
        return exact[name]
    found = next((key for start, key in open_ if name.startswith(start)), None)
    if found is not None:
        return found
    host, colon, _ = name.rpartition(":")
    return (
        Key(Domain.CLAIM, "any") if colon and "." in host else _UNLISTED
    )  # of a provider that serves one customer


@cache
def _table() -> tuple[dict[str, Key], list[tuple[str, Key]]]:
    exact: dict[str, Key] = {}
    open_: list[tuple[str, Key]] = []
    for line in (own_text(_FILE) or "").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        kind, name = line.split()[:2]
        domain, _, form = kind.rstrip(")").partition("(")
        key = Key(Domain(domain), form or "whole")
        if name.endswith("*"):
            open_.append((name[:-1], key))
        else:
            exact[name] = key
    return exact, open_
