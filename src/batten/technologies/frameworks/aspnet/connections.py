"""Connection strings of .NET: `Server=db.example.com;Password=…;Encrypt=False`.

Sources: https://learn.microsoft.com/dotnet/api/microsoft.data.sqlclient.sqlconnection.connectionstring,
https://www.npgsql.org/doc/connection-string-parameters.html, https://mysqlconnector.net/connection-options/. What is absent is not
judged, but where it decides that a certificate is not verified: the default of `Encrypt` depends on the library and its version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import ConnectionString, Fact
from batten.model import ABSENT, UNKNOWN, Location, Setting, Span
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.settings.settings import Entry
from batten.technologies.shared.transport.upstreams import is_loopback

_PAIR = re.compile(r"([A-Za-z][A-Za-z _]*?)[ \t]*+=[ \t]*+([^;\"']*+)")
_FILLED = re.compile(r"#\{|\$|\{|%\w+%|<")
_HOSTS = ("server", "data source", "host", "addr", "address", "network address", "datasource")
_PASSWORDS = ("password", "pwd")
_ENCRYPTING = ("encrypt", "ssl mode", "sslmode")
_PLAIN = ("false", "no", "optional", "none", "disable", "disabled")
_PREFERRING = ("prefer", "preferred", "allow")  # encrypted where the server offers it
_TRUSTING = ("trustservercertificate", "trust server certificate")


def connected(given: Entry, text: str) -> Iterator[Fact]:
    """The password in a connection string, and whether the connection is encrypted and verified; `text` is its file's."""
    span = given.at.span
    if span is None:
        return
    plain = given.value in text[span.start : span.end]
    words = _PAIR.finditer(text, span.start, span.end) if plain else _PAIR.finditer(given.value)
    pairs = {found[1].strip().lower(): found for found in words}
    host = next((pairs[name][2].strip() for name in _HOSTS if name in pairs), "")
    if not host:
        return
    for name in _PASSWORDS:
        if name in pairs and not filled(pairs[name][2]):
            held = credentials.found("password", pairs[name][2].strip())
            if held is not None:
                held = replace(held, local=_is_local(_named(host)))
                yield credentials.in_config(_place(given, pairs[name]), given.key, held)
    encrypting = next((pairs[name] for name in _ENCRYPTING if name in pairs), None)
    trusting = next((pairs[name] for name in _TRUSTING if name in pairs), None)
    name = _named(host)
    if not (encrypting is None and trusting is None):
        word = encrypting[2].strip().lower() if encrypting is not None else ""
        known = encrypting is not None and word not in _PREFERRING
        # `Encrypt=Strict` verifies whatever the other says:
        # https://learn.microsoft.com/sql/connect/ado-net/encryption-and-certificate-validation
        trusts = trusting is not None and trusting[2].strip().lower() in ("true", "yes") and word != "strict"
        at = _place(given, encrypting) if encrypting is not None else given.at
        encrypted: Setting[bool] = Setting(word not in _PLAIN if known else UNKNOWN, at)
        if (
            encrypting is None and trusts and "host" not in pairs
        ):  # Microsoft's drivers encrypt by default since 2022
            encrypted = Setting(ABSENT, at, True)
        yield ConnectionString(
            given.at,
            scheme="database",
            host=name,
            port=0,
            has_password=any(one in pairs for one in _PASSWORDS),
            encrypted=encrypted,
            verified=Setting(False if trusts else UNKNOWN, _place(given, trusting) if trusting else at),
            local=_is_local(name),
            variable=given.key,
        )


def filled(value: str) -> bool:
    """Whether a deployment fills it in: `#{Name}#`, `$(Name)`, `{{name}}`, `%NAME%`, `<name>`."""
    return _FILLED.match(value.strip()) is not None


def _named(host: str) -> str:
    """The machine, without the protocol, the instance and the port."""
    return re.split(r"[,:\\]", host.removeprefix("tcp:"))[0].strip("()")


def _is_local(name: str) -> bool:
    return is_loopback(name) or name.lower() in (".", "local", "localdb", "localhost")


def _place(given: Entry, found: re.Match[str]) -> Location:
    """The value of one word of the string; of one with escapes, the whole string."""
    if found.string == given.value:
        return given.at
    return Location(given.at.source, given.key, Span(*found.span(2)), context=given.at.context)
