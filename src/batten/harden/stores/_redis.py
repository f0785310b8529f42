"""What Redis 7 and Valkey have in common: TLS only, and users by access lists.

Settings: https://valkey.io/topics/valkey.conf/ and https://redis.io/docs/latest/operate/oss_and_stack/management/config/;
access lists: https://valkey.io/topics/acl/
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.authority import pair
from batten.harden.intent import Intent
from batten.harden.made import Earlier, Made, Secret
from batten.harden.passwords import password, read, sha256_hex
from batten.harden.stack import APPLICATION, Store
from batten.harden.stores.part import Part, Place, container, host, standalone, within

USER = 999
_OFF = ("ACL", "BGREWRITEAOF", "CONFIG", "DEBUG", "FAILOVER", "MIGRATE", "MODULE", "MONITOR", "PSYNC", "REPLICAOF", "SHUTDOWN",
        "SLAVEOF", "SYNC")  # fmt: skip
_BUNDLES = "+@all -@admin -@dangerous -@scripting +info +ping"


def of_container(store: Store, server: str, local_ca: bool) -> Part:
    place = container(store, f"/etc/{server}", "/data")
    return _part(store, server, place, local_ca)


def of_host(server: str, intent: Intent) -> Made:
    store = Store(kind=server, name=server)
    place = host(store, f"/etc/{server}", f"/var/lib/{server}", intent)
    return standalone(intent, store, _part(store, server, place, intent.local_ca))


def _part(store: Store, server: str, place: Place, local_ca: bool) -> Part:
    folder = f"secrets/{store.name}"
    client, users = f"{folder}/password", f"{folder}/users.acl"
    return Part(
        files={f"{server}.conf": "\n".join(_settings(place)) + "\n"},
        secrets=(
            password(client, f"password of {server}'s user {APPLICATION}"),
            Secret(users, lambda earlier: _users(earlier, client), f"{server}'s users, with hashes"),
            *(pair(folder, place.names) if local_ca else ()),
        ),
        served=within(folder, "users.acl", "tls.crt", "tls.key", "ca.crt"),
        clients=within(folder, "password", "ca.crt"),
        command=(f"{server}-server", f"{place.settings}/{server}.conf"),
        user=USER,
        place=place,
        healthy=(
            f"{server}-cli",
            "--tls",
            "--cacert",
            f"{place.secrets}/ca.crt",
            "-p",
            str(place.port),
            "ping",
        ),
        notes=(
            f"the user {APPLICATION} of {store.name} runs no scripts; where it must, add +@scripting in users.acl",
        ),
    )


def _settings(place: Place) -> Iterator[str]:
    yield "# Written by `batten harden`. Users and keys are in files of their own."
    yield "bind * -::*" if place.every else f"bind {place.address}"
    yield "protected-mode yes"
    yield "port 0"
    yield f"tls-port {place.port}"
    yield f'tls-cert-file "{place.secrets}/tls.crt"'
    yield f'tls-key-file "{place.secrets}/tls.key"'
    yield f'tls-ca-cert-file "{place.secrets}/ca.crt"'
    yield "tls-auth-clients no"
    yield 'tls-protocols "TLSv1.2 TLSv1.3"'
    yield "tls-ciphers ECDHE+AESGCM:ECDHE+CHACHA20"
    yield "tls-prefer-server-ciphers yes"
    yield "tls-replication yes"
    yield "tls-cluster yes"
    yield f'aclfile "{place.secrets}/users.acl"'
    yield "acllog-max-len 128"
    yield ""
    yield "# What one client can take."
    yield "timeout 300"
    yield "tcp-keepalive 60"
    yield "maxclients 1000"
    yield "maxmemory 256mb"
    yield "maxmemory-policy noeviction"
    yield "client-output-buffer-limit normal 64mb 32mb 30"
    yield ""
    yield f'dir "{place.data}"'
    yield "appendonly yes"
    yield "appendfsync everysec"
    yield "daemonize no"
    yield "loglevel notice"
    yield 'logfile ""'
    yield ""
    yield "# What can change or leave the server is off for everyone."
    yield "enable-debug-command no"
    yield "enable-module-command no"
    yield "enable-protected-configs no"
    yield from (f'rename-command {name} ""' for name in _OFF)


def _users(earlier: Earlier, client: str) -> bytes:
    """Clients without a name are the user `default`."""
    hashed = sha256_hex(read(earlier, client))
    return (
        "user default off resetpass resetkeys resetchannels -@all\n"
        f"user {APPLICATION} on #{hashed} ~* &* {_BUNDLES}\n"
    ).encode()
