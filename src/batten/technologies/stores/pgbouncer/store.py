"""From PgBouncer's settings to what it is to its clients, and to the servers behind it.

Defaults (config.html, 1.24): no TCP address, port 6432, passwords by MD5 or, where they are stored so, SCRAM; no TLS of clients; TLS
of servers where they have it (`prefer`), without looking at the certificate; TLS 1.2 or newer (`secure`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import ConnectionString, Fact, Secret, Store
from batten.model import ABSENT, UNKNOWN, Location, Setting
from batten.technologies.shared.settings.settings import Entry, Settings, templated
from batten.technologies.shared.stores.secrets import written_out
from batten.technologies.shared.transport.tls import between, version_named
from batten.technologies.stores.pgbouncer.settings import Pools

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


def store(server_settings: Settings, at: Location) -> Store:
    """The pooler as its clients find it."""
    mode = server_settings.word("client_tls_sslmode", "disable")
    # `default` is OpenSSL's own list; other words are names of lists or lists.
    found = server_settings.found.get("client_tls_ciphers")
    if found is None or found.value in ("", "default", "secure", "fast"):
        ciphers: Setting[str] | None = None
    else:
        ciphers = Setting(UNKNOWN if templated(found.value) else found.value, found.at)
    authentication_found = server_settings.word("auth_type", "md5")
    authentication_word = authentication_found.known(None)
    if authentication_word is None or authentication_word == "hba":
        authentication: Setting[bool] = Setting(UNKNOWN, authentication_found.at)
    else:
        state = authentication_word.lower() not in _OPEN
        authentication = (
            Setting(state, authentication_found.at)
            if authentication_found.written
            else Setting(ABSENT, authentication_found.at, state)
        )
    addresses_found = server_settings.found.get("listen_addr")
    if addresses_found is None:
        addresses: Setting[tuple[str, ...]] = Setting(
            ABSENT, server_settings.missing("listen_addr"), () if server_settings.complete else UNKNOWN
        )
    elif templated(addresses_found.value):
        addresses = Setting(UNKNOWN, addresses_found.at)
    else:
        addresses = Setting(
            tuple(word.strip() for word in addresses_found.value.split(",") if word.strip()),
            addresses_found.at,
        )
    protocols_found = server_settings.word("client_tls_protocols", "secure")
    protocols_word = protocols_found.known(None)
    if protocols_word is None:
        protocols: Setting[tuple[str, ...]] = Setting(UNKNOWN, protocols_found.at)
    else:
        if protocols_word in _NAMED:
            names = between(_NAMED[protocols_word])
        else:
            names = tuple(
                version_named(w.replace("v1.0", "v1")) for w in protocols_word.split(",") if w.strip()
            )
        if "" in names:
            protocols = Setting(UNKNOWN, protocols_found.at)
        else:
            protocols = (
                Setting(names, protocols_found.at)
                if protocols_found.written
                else Setting(ABSENT, protocols_found.at, names)
            )
    return Store(
        at,
        product="pgbouncer",
        authentication=authentication,
        addresses=addresses,
        port=_port(server_settings),
        tls=_state(mode, lambda word: word != "disable"),
        plain=_state(mode, lambda word: word not in _REQUIRED),
        protocols=protocols,
        ciphers=ciphers,
        options={name: server_settings.word(name, default) for name, default in OPTIONS.items()},
        configured_by=server_settings.sources,
    )


def _state(mode: Setting[str], means: object) -> Setting[bool]:
    word = mode.known(None)
    if word is None:
        return Setting(UNKNOWN, mode.at)
    state = bool(means(word.lower()))  # type: ignore[operator]
    return Setting(state, mode.at) if mode.written else Setting(ABSENT, mode.at, state)


def _port(server_settings: Settings) -> Setting[int]:
    found = server_settings.found.get("listen_port")
    if found is None:
        return Setting(
            ABSENT, server_settings.missing("listen_port"), 6432 if server_settings.complete else UNKNOWN
        )
    return Setting(int(found.value) if found.value.isdecimal() else UNKNOWN, found.at)


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
            encrypted: Setting[bool] = Setting(UNKNOWN if mode is None else mode in _REQUIRED, given.at)
            verified: Setting[bool] = Setting(UNKNOWN if mode is None else mode in _REQUIRED[1:], given.at)
            yield ConnectionString(
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


def _written(given: Entry, password: str, user: str) -> Iterator[Secret]:
    yield from written_out(given.at, f"password of {given.key}", password, user)
