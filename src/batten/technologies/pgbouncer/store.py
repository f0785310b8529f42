"""From PgBouncer's settings to what it is to its clients, and to the servers behind it.

Defaults (config.html, 1.24): no TCP address, port 6432, passwords by MD5 or, where they are stored so, SCRAM; no TLS of clients; TLS
of servers where they have it (`prefer`), without looking at the certificate; TLS 1.2 or newer (`secure`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import ConnectionString, Fact, Secret, Store
from batten.model import ABSENT, UNKNOWN, Location, Setting
from batten.technologies._edges.tls import between, version_named
from batten.technologies._settings.told import Given, Told, templated
from batten.technologies._stores.secrets import written_out
from batten.technologies.pgbouncer.settings import Pools

_OPEN = ("any", "trust")
_REQUIRED = ("require", "verify-ca", "verify-full")
_PAIR = re.compile(r"(\w+)[ \t]*=[ \t]*('(?:[^']|'')*'|\S+)")
_NAMED = {"secure": "TLSv1.2", "all": "TLSv1", "legacy": "TLSv1"}
# What the rows judge, with the default of 1.24.
OPTIONS = {
    "auth_type": "md5",
    "client_tls_sslmode": "disable",
    "log_connections": "1",
    "log_pooler_errors": "1",
}


def store(told: Told, at: Location) -> Store:
    """The pooler as its clients find it."""
    mode = told.word("client_tls_sslmode", "disable")
    return Store(
        at,
        product="pgbouncer",
        authentication=_authentication(told),
        addresses=_addresses(told),
        port=_port(told),
        tls=_state(mode, lambda word: word != "disable"),
        plain=_state(mode, lambda word: word not in _REQUIRED),
        protocols=_protocols(told),
        ciphers=_ciphers(told),
        options={name: told.word(name, default) for name, default in OPTIONS.items()},
        configured_by=told.sources,
    )


def _state(mode: Setting[str], means: object) -> Setting[bool]:
    word = mode.known(None)
    if word is None:
        return Setting(UNKNOWN, mode.at)
    state = bool(means(word.lower()))  # type: ignore[operator]
    return Setting(state, mode.at) if mode.written else Setting(ABSENT, mode.at, state)


def _authentication(told: Told) -> Setting[bool]:
    found = told.word("auth_type", "md5")
    word = found.known(None)
    if word is None or word == "hba":
        return Setting(UNKNOWN, found.at)  # the rules say it
    state = word.lower() not in _OPEN
    return Setting(state, found.at) if found.written else Setting(ABSENT, found.at, state)


def _addresses(told: Told) -> Setting[tuple[str, ...]]:
    found = told.found.get("listen_addr")
    if found is None:
        return Setting(ABSENT, told.missing("listen_addr"), () if told.complete else UNKNOWN)
    if templated(found.value):
        return Setting(UNKNOWN, found.at)
    return Setting(tuple(word.strip() for word in found.value.split(",") if word.strip()), found.at)


def _port(told: Told) -> Setting[int]:
    found = told.found.get("listen_port")
    if found is None:
        return Setting(ABSENT, told.missing("listen_port"), 6432 if told.complete else UNKNOWN)
    return Setting(int(found.value) if found.value.isdecimal() else UNKNOWN, found.at)


def _protocols(told: Told) -> Setting[tuple[str, ...]]:
    found = told.word("client_tls_protocols", "secure")
    word = found.known(None)
    if word is None:
        return Setting(UNKNOWN, found.at)
    if word in _NAMED:
        names = between(_NAMED[word])
    else:
        names = tuple(version_named(w.replace("v1.0", "v1")) for w in word.split(",") if w.strip())
    if "" in names:
        return Setting(UNKNOWN, found.at)
    return Setting(names, found.at) if found.written else Setting(ABSENT, found.at, names)


def _ciphers(told: Told) -> Setting[str] | None:
    """`default` is OpenSSL's own list; other words are names of lists or lists."""
    found = told.found.get("client_tls_ciphers")
    if found is None or found.value in ("", "default", "secure", "fast"):
        return None
    return Setting(UNKNOWN if templated(found.value) else found.value, found.at)


def beside_the_store(found: Pools) -> Iterator[Fact]:
    """The servers that it connects to, and the passwords that are written out."""
    mode = found.server.word("server_tls_sslmode", "prefer").known(None)
    for given in found.databases:
        if templated(given.value):
            continue
        words = {name: value.strip("'") for name, value in _PAIR.findall(given.value)}
        if words.get("password"):
            yield from _written(given, words["password"], words.get("user", ""))
        for host in [h for h in words.get("host", "").split(",") if h and not h.startswith("/")][:1]:
            yield _connection(given, host, words, mode)


def _written(given: Given, password: str, user: str) -> Iterator[Secret]:
    yield from written_out(given.at, f"password of {given.key}", password, user)


def _connection(given: Given, host: str, words: dict[str, str], mode: str | None) -> ConnectionString:
    encrypted: Setting[bool] = Setting(UNKNOWN if mode is None else mode in _REQUIRED, given.at)
    verified: Setting[bool] = Setting(UNKNOWN if mode is None else mode in _REQUIRED[1:], given.at)
    return ConnectionString(
        given.at,
        scheme="postgresql",
        host=host,
        port=int(words["port"]) if words.get("port", "").isdecimal() else 5432,
        has_password="password" in words,
        encrypted=encrypted,
        verified=verified,
        local=host.startswith(("127.", "localhost", "::1")),
        variable=given.key,
    )
