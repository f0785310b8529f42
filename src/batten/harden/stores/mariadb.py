"""MariaDB 10.6 and newer: encrypted connections only, one user for one database.

https://mariadb.com/docs/server/server-management/variables-and-modes/server-system-variables; variables of the container:
those of the Docker Official Image.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls import MOZILLA_INTERMEDIATE
from batten.harden.authority import pair
from batten.harden.intent import Intent
from batten.harden.made import Earlier, Made, Secret
from batten.harden.passwords import password, read, sha1_twice
from batten.harden.stack import APPLICATION, Store
from batten.harden.stores.part import Part, Place, container, host, standalone, within

USER = 999
_CONNECTIONS = 150


def part(store: Store, local_ca: bool) -> Part:
    """Its settings lie where the image looks for scripts: it runs `users.sh` once, with an empty data folder."""
    return _part(store, container(store, "/docker-entrypoint-initdb.d", "/var/lib/mysql"), local_ca)


def render(intent: Intent) -> Made:
    """For a server of a distribution: the files of its settings folder."""
    store = Store(kind="mariadb", name="mariadb")
    place = host(store, "/etc/mysql", "/var/lib/mysql", intent)
    return standalone(intent, store, _part(store, place, intent.local_ca))


def _part(store: Store, place: Place, local_ca: bool) -> Part:
    folder = f"secrets/{store.name}"
    owner, client = f"{folder}/owner-password", f"{folder}/password"
    return Part(
        files={
            "my.cnf": "\n".join(_settings(place)) + "\n",
            "users.sh": _SCRIPT.replace("SECRETS", place.secrets),
        },
        secrets=(
            password(owner, "password of MariaDB's root"),
            password(client, f"password of MariaDB's user {APPLICATION}"),
            Secret(
                f"{folder}/users.sql",
                lambda earlier: _users(earlier, client),
                "what makes the users, with hashes",
            ),
            *(pair(folder, place.names) if local_ca else ()),
        ),
        served=within(folder, "owner-password", "users.sql", "tls.crt", "tls.key"),
        clients=within(folder, "password", "ca.crt"),
        command=("mariadbd", f"--defaults-file={place.settings}/my.cnf"),
        user=USER,
        place=place,
        writable=("/tmp", "/run/mysqld"),
        environment={
            "MARIADB_ROOT_PASSWORD_FILE": f"{place.secrets}/owner-password",
            "MARIADB_ROOT_HOST": "localhost",
        },
        notes=(f"clients of {store.name} connect with TLS, and check its certificate with ca.crt",),
    )


def _settings(place: Place) -> Iterator[str]:
    yield "# Written by `batten harden`. Passwords and keys are in files of their own."
    yield "[mariadbd]"
    yield f"bind-address = {'*' if place.every else place.address}"
    yield f"port = {place.port}"
    yield f"datadir = {place.data}"
    yield f"ssl-cert = {place.secrets}/tls.crt"
    yield f"ssl-key = {place.secrets}/tls.key"
    yield f"ssl-cipher = {':'.join(name for name in MOZILLA_INTERMEDIATE if name.startswith('ECDHE-'))}"
    yield "tls-version = TLSv1.2,TLSv1.3"
    yield "require-secure-transport = ON"
    yield ""
    yield "# Clients read and write no files of the server, and load no code into it."
    yield "local-infile = OFF"
    yield f"secure-file-priv = {place.settings}"
    yield "symbolic-links = OFF"
    yield "allow-suspicious-udfs = OFF"
    yield "log-bin-trust-function-creators = OFF"
    yield "skip-name-resolve = ON"
    yield "skip-show-database"
    yield "old-passwords = OFF"
    yield "strict-password-validation = ON"
    yield "sql-mode = STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION"
    yield ""
    yield "# What one client can take."
    yield f"max-connections = {_CONNECTIONS}"
    yield "max-connect-errors = 100"
    yield "max-password-errors = 20"
    yield "connect-timeout = 10"
    yield "wait-timeout = 600"
    yield "interactive-timeout = 600"
    yield "max-statement-time = 60"
    yield "lock-wait-timeout = 60"
    yield "max-allowed-packet = 16M"
    yield ""
    yield "log-warnings = 2"
    yield "general-log = OFF"


_SCRIPT = """#!/bin/sh
# Makes the application's user, once, with an empty data folder: the image's own function knows how to log in.
docker_process_sql --database=mysql < SECRETS/users.sql
"""


def _users(earlier: Earlier, client: str) -> bytes:
    hashed = sha1_twice(read(earlier, client))
    limits = f"MAX_USER_CONNECTIONS {_CONNECTIONS - 10}"
    lines = (
        f"CREATE DATABASE IF NOT EXISTS {APPLICATION};",
        f"CREATE USER '{APPLICATION}'@'%' IDENTIFIED BY PASSWORD '{hashed}' REQUIRE SSL WITH {limits};",
        f"GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON {APPLICATION}.* TO '{APPLICATION}'@'%';",
    )
    return ("\n".join(lines) + "\n").encode()
