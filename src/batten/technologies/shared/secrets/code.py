"""Addresses of stores, and the passwords for them, that program code holds as literals.

What the code puts in at run time is a NUL in the texts; formats of their own (`%s`, `{password}`) stand for the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact
from batten.model import Location
from batten.technologies.shared.secrets import credentials, urls
from batten.technologies.shared.secrets.evidence import Place

_STORE = re.compile(
    r"(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|valkeys?|amqps?|clickhouse|nats|cockroachdb|mssql)(?:\+\w+)?://",
    re.IGNORECASE,
)
_FORMAT = re.compile(r"%[svdq(]|[{}]")
# An object of settings is about a login where it says more than the password.
_BESIDE = frozenset(
    ("host", "hostname", "server", "addr", "address", "user", "username", "database", "dbname", "db")
)


def of_url(name: str, text: str, at: Location) -> Iterator[Fact]:
    """The password in a store's URL, and the connection that it is for."""
    held = credentials.of_address(text) if _STORE.match(text) else None
    if (
        held is None
        or _FORMAT.search(text[: text.find("@")])
        or credentials.demonstrates(text, anywhere=True)
    ):
        return
    yield credentials.secret(at, name, held, "code")
    connection = urls.connection(name, text, at)
    if connection is not None:
        yield connection


def of_login(name: str, text: str, beside: set[str], at: Location) -> Iterator[Fact]:
    """The password that is given by its name, with what else a login needs `beside` it."""
    if not text or not credentials.password_name(name) or {b.lower() for b in beside}.isdisjoint(_BESIDE):
        return
    held = credentials.found(name.upper(), text, Place.CONSUMED)
    if held is not None and not _FORMAT.search(text):
        yield credentials.secret(at, name, held, "code")
