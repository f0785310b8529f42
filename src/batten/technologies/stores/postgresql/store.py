"""From a server's settings to what it is to others.

Defaults (runtime-config-connection.html, …-logging.html): it listens on localhost, port 5432, without TLS; TLS 1.2 or newer
since version 12; SCRAM since 14; connections are not logged (from 18 on a list of their aspects, none by default).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Component, ConnectionString, Fact, Store
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.technologies.shared.secrets import commands, credentials
from batten.technologies.shared.settings.settings import Settings, switched, templated
from batten.technologies.shared.stores.secrets import written_out
from batten.technologies.shared.transport.tls import between, version_named

ON = ("on", "true", "yes", "1", "tru", "tr", "t", "ye", "y")
_CIPHERS = "HIGH:MEDIUM:+3DES:!aNULL"
_VERSION = re.compile(r"(?:^|/)(?:postgresql|pgsql|postgres)[/-](\d{1,2}(?:\.\d)?)(?:/|$)")
# What the rows judge, with the vendor's default; None where the versions in use differ.
OPTIONS: dict[str, str | None] = {
    "ssl": "off",
    "password_encryption": None,
    "log_connections": "off",
    "log_min_messages": "warning",
    "log_min_error_statement": "error",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "debug_print_parse": "off",
    "debug_print_rewritten": "off",
    "debug_print_plan": "off",
    "allow_system_table_mods": "off",
    "standard_conforming_strings": "on",
    "backslash_quote": "safe_encoding",
    "lo_compat_privileges": "off",
    "db_user_namespace": "off",
    "bonjour": "off",
    "ssl_prefer_server_ciphers": "on",
    "log_file_mode": "0600",
}
_COMMANDS = ("archive_command", "restore_command", "archive_cleanup_command", "recovery_end_command")
_PAIR = re.compile(r"(\w+)[ \t]*=[ \t]*('(?:[^'\\]|\\.)*'|\S+)")


def version_of(path: str) -> str:
    """The major version in the folder of a file, as Debian and Red Hat name it; "" where there is none."""
    found = _VERSION.search(path.rpartition("/")[0])
    return found[1] if found else ""


def store(
    settings: Settings, at: Location, version: str = "", service: str = "", listens: str | None = "localhost"
) -> Store:
    """The server as its clients find it. `listens` is where it does when nothing is written (images: everywhere)."""
    options = {name: _known_boolean(settings.word(name, default)) for name, default in OPTIONS.items()}
    if "password_encryption" in options and version and settings.found.get("password_encryption") is None:
        old = int(version.partition(".")[0]) < 14
        options["password_encryption"] = settings.word(
            "password_encryption", "md5" if old else "scram-sha-256"
        )
    found = settings.found.get("listen_addresses")
    if found is None:
        place = settings.missing("listen_addresses")
        addresses_default: tuple[str, ...] | Unknown = (
            (listens,) if listens is not None and settings.complete else UNKNOWN
        )
        addresses: Setting[tuple[str, ...]] = Setting(ABSENT, place, addresses_default)
    elif templated(found.value):
        addresses = Setting(UNKNOWN, found.at)
    else:
        words = (word.strip() for word in found.value.split(","))
        addresses = Setting(tuple(word.strip('"') for word in words if word), found.at)
    # The versions between the least and the greatest: `ssl_min_protocol_version` is TLSv1 before 12.
    low, high = settings.found.get("ssl_min_protocol_version"), settings.found.get("ssl_max_protocol_version")
    protocols_old = bool(version) and int(version.partition(".")[0]) < 12
    lowest = version_named(low.value) or ("TLSv1" if low.value == "" else "") if low else "TLSv1.2"
    highest = version_named(high.value) if high is not None and high.value else "TLSv1.3"
    written = low or high
    protocols_at = written.at if written is not None else settings.missing("ssl_min_protocol_version")
    if not lowest or not highest or (low is None and (protocols_old or not settings.complete)):
        protocols: Setting[tuple[str, ...]] = Setting(
            UNKNOWN if written is not None else ABSENT, protocols_at, UNKNOWN
        )
    else:
        named = between(lowest, highest)
        protocols = (
            Setting(named, protocols_at) if written is not None else Setting(ABSENT, protocols_at, named)
        )
    return Store(
        at,
        product="postgresql",
        authentication=Setting(ABSENT, at, UNKNOWN),
        addresses=addresses,
        port=_port(settings),
        version=version,
        tls=switched(settings.word("ssl", "off"), ON),
        protocols=protocols,
        ciphers=settings.word("ssl_ciphers", _CIPHERS),
        options=options,
        service=service,
        configured_by=settings.sources,
    )


def _known_boolean(setting: Setting[str]) -> Setting[str]:
    """The words that mean on or off, by one name each."""
    value = setting.value
    if isinstance(value, str) and value.lower() in (
        *ON,
        "off",
        "of",
        "false",
        "fals",
        "fal",
        "fa",
        "f",
        "no",
        "n",
    ):
        return Setting("on" if value.lower() in ON else "off", setting.at)
    return setting


def _port(settings: Settings) -> Setting[int]:
    found = settings.found.get("port")
    if found is None:
        return Setting(ABSENT, settings.missing("port"), 5432 if settings.complete else UNKNOWN)
    return Setting(int(found.value) if found.value.isdecimal() else UNKNOWN, found.at)


def beside_the_store(settings: Settings) -> Iterator[Fact]:
    """The version, passwords that are written out, and the server that a replica follows."""
    version = version_of(settings.at.source)
    if version:
        at = Location(settings.at.source, "version", settings.at.span, kind=settings.at.kind)
        yield Component(at, product="postgresql", version=Setting(version, at), evidence=settings.at.source)
    for given in settings.entries:
        if given.key == "primary_conninfo" and not templated(given.value):
            # Source: https://www.postgresql.org/docs/current/libpq-connect.html (sslmode: prefer where none is given)
            words = {name: value.strip("'") for name, value in _PAIR.findall(given.value)}
            password = words.get("password", "")
            if password:
                yield from written_out(given.at, given.key, password, words.get("user", ""))
            host = words.get("host", "")
            mode = words.get("sslmode", "prefer")
            if host and not host.startswith("/"):
                yield ConnectionString(
                    given.at,
                    scheme="postgresql",
                    host=host,
                    port=int(words.get("port", "")) if words.get("port", "").isdecimal() else 5432,
                    has_password=bool(password),
                    encrypted=Setting(mode in ("require", "verify-ca", "verify-full"), given.at),
                    verified=Setting(mode in ("verify-ca", "verify-full"), given.at),
                    local=host.startswith(("127.", "localhost", "::1")),
                    variable=given.key,
                )
        elif given.key == "ssl_passphrase_command":
            # A command that prints the passphrase of the key, which is then in the file.
            echoed_found = re.fullmatch(
                r"(?:/\S*/)?(?:echo|printf)[ \t]+(?:-n[ \t]+)?['\"]?([^'\"%\s]+)['\"]?", given.value.strip()
            )
            if echoed_found is not None:
                yield from written_out(given.at, given.key, echoed_found[1])
        elif given.key in _COMMANDS:
            # Credentials in the commands that archive and fetch the log of changes, each once.
            found = next(iter(commands.typed(given.value)), None)
            if found is not None:
                yield credentials.in_config(given.at, given.key, found.kind)
