"""PostgreSQL 14 and newer: encrypted connections only, SCRAM, a role that owns and a role that uses.

Settings as https://www.postgresql.org/docs/current/runtime-config.html has them; the container's user, variables and
folders are those of the Docker Official Image.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.authority import pair
from batten.harden.edge import CURVES
from batten.harden.intent import Intent
from batten.harden.made import Earlier, Made, Secret
from batten.harden.passwords import password, read, scram_sha_256
from batten.harden.stack import APPLICATION, Store
from batten.harden.stores.part import Part, Place, container, host, standalone, within
from batten.model.record import record

USER = 999
OWNER = "owner"
# Of this machine and of private networks: RFC 1918, 4193 and 6598.
NETWORKS = (
    "127.0.0.1/32",
    "::1/128",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "fc00::/7",
)
_CONNECTIONS = 100


@record
class _Paths:
    owner: str
    client: str
    roles: str


def part(store: Store, local_ca: bool) -> Part:
    """Its settings lie where the image looks for scripts: it runs `roles.sh` once, with an empty data folder."""
    place = container(store, "/docker-entrypoint-initdb.d", "/var/lib/postgresql/data")
    return _part(store, place, local_ca)


def render(intent: Intent) -> Made:
    """For a server of a distribution: the files of its settings folder."""
    store = Store(kind="postgresql", name="postgresql")
    place = host(store, "/etc/postgresql", "/var/lib/postgresql/data", intent)
    return standalone(intent, store, _part(store, place, intent.local_ca))


def _part(store: Store, place: Place, local_ca: bool) -> Part:
    folder = f"secrets/{store.name}"
    paths = _Paths(f"{folder}/owner-password", f"{folder}/password", f"{folder}/roles.sql")
    certificates = pair(folder, place.names) if local_ca else ()
    return Part(
        files={
            "postgresql.conf": "\n".join(_settings(place)) + "\n",
            "pg_hba.conf": "\n".join(_rules()) + "\n",
            "roles.sh": _SCRIPT.replace("SECRETS", place.secrets),
        },
        secrets=(
            password(paths.owner, f"password of PostgreSQL's role {OWNER}"),
            password(paths.client, f"password of PostgreSQL's role {APPLICATION}"),
            Secret(
                paths.roles,
                lambda earlier: _roles(earlier, paths),
                "what makes the roles, with verifiers for passwords",
            ),
            *certificates,
        ),
        served=within(folder, "owner-password", "roles.sql", "tls.crt", "tls.key"),
        clients=within(folder, "password", "ca.crt"),
        command=("postgres", "-c", f"config_file={place.settings}/postgresql.conf"),
        user=USER,
        place=place,
        writable=("/tmp", "/run/postgresql"),
        healthy=("pg_isready", "--quiet", "--username", APPLICATION, "--dbname", APPLICATION),
        environment={
            "POSTGRES_USER": OWNER,
            "POSTGRES_DB": APPLICATION,
            "POSTGRES_PASSWORD_FILE": f"{place.secrets}/owner-password",
            "POSTGRES_INITDB_ARGS": "--auth=scram-sha-256 --data-checksums",
            "PGDATA": f"{place.data}/pgdata",
        },
        notes=(f"clients of {store.name} connect with sslmode=verify-full and sslrootcert=ca.crt",),
    )


def _settings(place: Place) -> Iterator[str]:
    yield "# Written by `batten harden`. Passwords and keys are in files of their own."
    yield f"listen_addresses = '{place.address}'"
    yield f"port = {place.port}"
    yield f"max_connections = {_CONNECTIONS}"
    yield f"hba_file = '{place.settings}/pg_hba.conf'"
    yield "password_encryption = scram-sha-256"
    yield "authentication_timeout = 10s"
    yield ""
    yield "ssl = on"
    yield f"ssl_cert_file = '{place.secrets}/tls.crt'"
    yield f"ssl_key_file = '{place.secrets}/tls.key'"
    yield "ssl_min_protocol_version = 'TLSv1.2'"
    yield "ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'"
    yield "ssl_prefer_server_ciphers = on"
    yield f"ssl_ecdh_curve = '{CURVES[1]}'"
    yield ""
    yield "# One client's queries and locks must not stop the others."
    yield "statement_timeout = 60s"
    yield "lock_timeout = 10s"
    yield "idle_in_transaction_session_timeout = 60s"
    yield "tcp_keepalives_idle = 60"
    yield "tcp_keepalives_interval = 10"
    yield "tcp_keepalives_count = 5"
    yield ""
    yield "# Who came and what failed, without the values of its parameters."
    yield "log_destination = 'stderr'"
    yield "logging_collector = off"
    yield "log_connections = on"
    yield "log_disconnections = on"
    yield "log_line_prefix = '%m [%p] %q%u@%d %r '"
    yield "log_statement = 'ddl'"
    yield "log_min_error_statement = error"
    yield "log_parameter_max_length = 0"
    yield "log_parameter_max_length_on_error = 0"


def _rules() -> Iterator[str]:
    yield "# TYPE  DATABASE  USER  ADDRESS  METHOD: the first that fits counts"
    yield "local    all  all  scram-sha-256"
    for network in NETWORKS:
        yield f"hostssl  {APPLICATION}  {APPLICATION}  {network}  scram-sha-256"
        yield f"hostssl  {APPLICATION}  {OWNER}  {network}  scram-sha-256"
    yield "host     all  all  all  reject"


_SCRIPT = """#!/bin/sh
# Makes the application's role, once, with an empty data folder.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file SECRETS/roles.sql
"""


def _roles(earlier: Earlier, paths: _Paths) -> bytes:
    """Verifiers instead of passwords, so that no log of statements and no backup of this file tells them."""
    verifier = scram_sha_256(read(earlier, paths.client))
    lines = (
        "SET log_statement = 'none';",
        f"CREATE ROLE {APPLICATION} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT "
        f"{_CONNECTIONS - 10} PASSWORD '{verifier}';",
        f"REVOKE ALL ON DATABASE {APPLICATION} FROM PUBLIC;",
        "REVOKE ALL ON DATABASE postgres FROM PUBLIC;",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
        f"GRANT CONNECT ON DATABASE {APPLICATION} TO {APPLICATION};",
        f"GRANT USAGE ON SCHEMA public TO {APPLICATION};",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES "
        f"TO {APPLICATION};",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {APPLICATION};",
    )
    return ("\n".join(lines) + "\n").encode()
