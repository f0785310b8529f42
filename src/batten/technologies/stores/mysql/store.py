"""From a server's options to what it is to others.

Defaults: https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html,
https://mariadb.com/docs/server/server-management/variables-and-modes/server-system-variables. Both listen on every address,
port 3306, with passwords. MySQL makes a certificate by itself since 5.7, MariaDB since 11.4; MySQL refuses LOAD DATA LOCAL
since 8.0, MariaDB allows it. Where nothing shows which of the two reads a file, what differs is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Component, ConnectionString, Fact, Feature, Store
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch, Unknown
from batten.model.record import record
from batten.technologies.shared.settings.settings import Entry, Settings, templated
from batten.technologies.shared.stores.secrets import written_out
from batten.technologies.shared.transport.tls import between, version_named
from batten.technologies.stores.mysql.options import Files

ON = ("1", "on", "true", "yes", "")
_OFF = ("0", "off", "false", "no")
_VERSION = re.compile(r"(?:mysqld|mariadbd?|server)-(\d+\.\d+)")
_MARIADB = re.compile(r"maria|galera", re.IGNORECASE)
_MYSQL = re.compile(r"(?:^|/)mysql\.conf\.d/|percona|mysqlx|(?:^|/)mysql-?[58]\b", re.IGNORECASE)
_ONLY_MYSQL = frozenset(
    [
        "mysqlx",
        "mysqlx_bind_address",
        "mysqlx_port",
        "authentication_policy",
        "default_authentication_plugin",
        "mysql_native_password",
        "log_error_verbosity",
        "caching_sha2_password_private_key_path",
        "log_raw",
        "admin_address",
        "tls_ciphersuites",
        "binlog_expire_logs_seconds",
        "innodb_dedicated_server",
        "default_table_encryption",
    ]
)
_ONLY_MARIADB = frozenset(
    [
        "log_warnings",
        "ssl_passphrase",
        "aria_pagecache_buffer_size",
        "wsrep_on",
        "innodb_log_archive",
        "extra_port",
        "character_set_collations",
        "plugin_maturity",
    ]
)


@record
class Product:
    """Which server reads the options; `sure` is False where it may be the other one."""

    name: str
    version: str = ""
    sure: bool = True

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(n) for n in self.version.split(".") if n.isdecimal())


# What the rows judge: the default of MySQL (8.0 and later), and that of MariaDB.
OPTIONS: dict[str, tuple[str | None, str | None]] = {
    "local_infile": ("off", "on"),
    "secure_file_priv": (None, ""),
    "symbolic_links": ("off", None),
    "allow_suspicious_udfs": ("off", "off"),
    "old_passwords": ("off", "off"),
    "secure_auth": ("on", "on"),
    "log_bin_trust_function_creators": ("off", "off"),
    "general_log": ("off", "off"),
    "log_raw": ("off", None),
    "log_warnings": (None, "2"),
    "log_error_verbosity": ("2", None),
    "default_authentication_plugin": ("caching_sha2_password", None),
    "authentication_policy": ("*,,", None),
    "mysql_native_password": ("off", None),
    "mysqlx_bind_address": ("*", None),
    "gdb": ("off", "off"),
    "proxy_protocol_networks": (None, ""),
    "strict_password_validation": (None, "on"),
}
_SWITCHES = frozenset(
    [
        "local_infile",
        "symbolic_links",
        "allow_suspicious_udfs",
        "secure_auth",
        "log_bin_trust_function_creators",
        "general_log",
        "log_raw",
        "mysql_native_password",
        "gdb",
        "old_passwords",
        "strict_password_validation",
    ]
)
# Further settings of replication and of files, which are looked at for passwords or paths.
_SECRETS = ("report_password", "master_password", "wsrep_sst_auth", "ssl_passphrase")


def product_of(found: Files) -> Product:
    """Which server a file is for, by its groups, its options and its path."""
    names = {given.key for given in found.server.entries}
    versions = [m[1] for group in sorted(found.groups) if (m := _VERSION.fullmatch(group))]
    version = versions[0] if len(versions) == 1 else ""
    words = " ".join((found.server.at.source, *sorted(found.groups)))
    tens = version.startswith(("10.", "11.", "12."))
    if _MARIADB.search(words) or names & _ONLY_MARIADB or tens:
        return Product("mariadb", version if tens else "")
    sure = bool(_MYSQL.search(words) or names & _ONLY_MYSQL or version)
    return Product("mysql", version, sure)


def store(settings: Settings, product: Product, at: Location, service: str = "") -> Store:
    """The server as its clients find it."""
    off = settings.known("skip_networking", "0")
    # A certificate turns it on; without one the version decides.
    tls_off, certificate = settings.found.get("ssl"), settings.found.get("ssl_cert")
    if tls_off is not None and tls_off.value.lower() in _OFF:
        tls: Setting[bool] = Setting(False, tls_off.at)
    elif certificate is not None and certificate.value:
        tls = Setting(True, certificate.at)
    else:
        by_itself: bool | Unknown = UNKNOWN
        if product.sure and product.name == "mysql" and (product.numbers or (8,)) >= (5, 7):
            by_itself = True
        elif product.name == "mariadb" and product.numbers:
            by_itself = product.numbers >= (11, 4)
        if not settings.complete:
            by_itself = UNKNOWN
        tls = Setting(ABSENT, settings.missing("ssl_cert"), by_itself)
    found = settings.found.get("ssl_cipher")
    authentication_found = settings.found.get("skip_grant_tables")
    if authentication_found is not None and authentication_found.value.lower() in ON:
        authentication: Setting[bool] = Setting(False, authentication_found.at)
    else:
        authentication = Setting(ABSENT, settings.missing("skip_grant_tables"), True)
    protocols_found = settings.found.get("tls_version")
    if protocols_found is None:
        new = product.sure and product.numbers >= ((8, 0) if product.name == "mysql" else (10, 11))
        named = between("TLSv1.2") if new and settings.complete else UNKNOWN
        protocols: Setting[tuple[str, ...]] = Setting(ABSENT, settings.missing("tls_version"), named)
    else:
        names = tuple(
            version_named(word) for word in protocols_found.value.replace('"', "").split(",") if word.strip()
        )
        protocols = Setting(UNKNOWN if "" in names else names, protocols_found.at)
    return Store(
        at,
        product=product.name,
        authentication=authentication,
        addresses=_addresses(settings, off is not None and off.lower() in ON),
        port=_port(settings),
        version=product.version,
        tls=tls,
        plain=_plain(settings),
        protocols=protocols,
        ciphers=found.setting if found is not None and found.value else None,
        options=dict(_options(settings, product)),
        service=service,
        configured_by=settings.sources,
    )


def _options(settings: Settings, product: Product) -> Iterator[tuple[str, Setting[str]]]:
    for name, (mysql, mariadb) in OPTIONS.items():
        default = mysql if product.name == "mysql" else mariadb
        same = mysql == mariadb
        setting = settings.word(name, default if product.sure or same else None)
        if name == "mysqlx_bind_address" and (settings.known("mysqlx", "1") or "1").lower() in _OFF:
            continue
        if name == "mysqlx_bind_address" and setting.value is ABSENT and product.numbers < (8, 0):
            continue  # the plug-in is not loaded by itself before 8.0
        value = setting.value
        if name in _SWITCHES and isinstance(value, str):
            setting = Setting("on" if value.lower() in ON else "off", setting.at)
        yield name, setting


def _addresses(settings: Settings, off: bool) -> Setting[tuple[str, ...]]:
    found = settings.found.get("bind_address")
    if off:
        at = settings.found.get("skip_networking")
        return Setting((), at.at if at is not None else settings.at)
    if found is None:
        default: tuple[str, ...] | Unknown = ("*",) if settings.complete else UNKNOWN
        return Setting(ABSENT, settings.missing("bind_address"), default)
    if templated(found.value):
        return Setting(UNKNOWN, found.at)
    return Setting(tuple(a.strip() for a in found.value.split(",") if a.strip()) or ("*",), found.at)


def _port(settings: Settings) -> Setting[int]:
    found = settings.found.get("port")
    if found is None:
        return Setting(ABSENT, settings.missing("port"), 3306 if settings.complete else UNKNOWN)
    return Setting(int(found.value) if found.value.isdecimal() else UNKNOWN, found.at)


def _plain(settings: Settings) -> Setting[bool]:
    found = settings.found.get("require_secure_transport")
    if found is not None:
        return Setting(found.value.lower() not in ON, found.at)
    return Setting(
        ABSENT, settings.missing("require_secure_transport"), True if settings.complete else UNKNOWN
    )


def beside_the_store(found: Files, product: Product) -> Iterator[Fact]:
    """The version, whom it runs as, passwords that are written out, and the servers that clients connect to."""
    settings = found.server
    if product.version:
        at = Location(settings.at.source, "version", settings.at.span, kind=settings.at.kind)
        yield Component(at, product=product.name, version=Setting(product.version, at), evidence=at.source)
    user = settings.found.get("user")
    if user is not None and user.value in ("root", "0"):
        yield Feature(user.at, Switch.ROOT_WORKER, Setting(True, user.at), f"{product.name} runs")
    for given in settings.entries:
        if given.key in _SECRETS:
            text = given.value.partition(":")[2] if given.key == "wsrep_sst_auth" else given.value
            if text and not templated(text):
                yield from written_out(given.at, given.key, text)
    yield from clients(found)


def clients(found: Files) -> Iterator[Fact]:
    """What programs are told that connect to a server: the password, the host, and how far they trust it."""
    last: dict[str, dict[str, Entry]] = {}
    for group, given in found.clients:
        last.setdefault(group, {})[given.key] = given
        if given.key == "password" and given.value not in ("", "1") and not templated(given.value):
            yield from written_out(given.at, "password", given.value)
    for options in last.values():
        host = options.get("host")
        if host is not None and not templated(host.value):
            # Sources: https://dev.mysql.com/doc/refman/8.4/en/connection-options.html (ssl-mode, PREFERRED where none
            # is given),
            # https://mariadb.com/docs/server/clients-and-utilities/mariadb-client/mariadb-command-line-client
            # (ssl-verify-server-cert)
            mode, off = options.get("ssl_mode"), options.get("ssl")
            verify, ca = options.get("ssl_verify_server_cert"), options.get("ssl_ca")
            encrypted: Setting[bool] = Setting(ABSENT, host.at, UNKNOWN)
            verified: Setting[bool] = Setting(ABSENT, host.at, UNKNOWN)
            if mode is not None:
                word = mode.value.upper()
                encrypted = Setting(word in ("REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"), mode.at)
                verified = Setting(word in ("VERIFY_CA", "VERIFY_IDENTITY"), mode.at)
            elif off is not None:
                encrypted = Setting(off.value.lower() in ON, off.at)
            if verify is not None:
                verified = Setting(verify.value.lower() in ON, verify.at)
                encrypted = encrypted if encrypted.written or ca is None else Setting(True, ca.at)
            yield ConnectionString(
                host.at,
                scheme="mysql",
                host=host.value,
                port=3306,
                has_password="password" in options,
                encrypted=encrypted,
                verified=verified,
                local=host.value.startswith(("127.", "localhost", "::1")),
                variable=host.key,
            )
