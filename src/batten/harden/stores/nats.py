"""NATS 2.10: TLS for everything, one user by its public key, subjects below its name.

https://docs.nats.io/running-a-nats-service/configuration
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from batten.harden import nkeys
from batten.harden.authority import pair
from batten.harden.intent import Intent
from batten.harden.made import Earlier, Made, Secret
from batten.harden.stack import APPLICATION, Store
from batten.harden.stores.part import Part, Place, container, host, standalone, within

USER = 10004


def part(store: Store, local_ca: bool) -> Part:
    return _part(store, container(store, "/etc/nats", "/data"), local_ca)


def render(intent: Intent) -> Made:
    """For a server of a distribution: the files of its settings folder."""
    store = Store(kind="nats", name="nats")
    place = host(store, "/etc/nats", "/var/lib/nats", intent)
    return standalone(intent, store, _part(store, place, intent.local_ca))


def _part(store: Store, place: Place, local_ca: bool) -> Part:
    folder = f"secrets/{store.name}"
    client = f"{folder}/seed"

    def users(earlier: Earlier) -> bytes:
        allowed = f'publish: ["{APPLICATION}.>", "_INBOX.>"], subscribe: ["{APPLICATION}.>", "_INBOX.>"]'
        key = nkeys.public(earlier[client])
        return f'users: [ {{ nkey: "{key}", permissions: {{ {allowed} }} }} ]\n'.encode()

    return Part(
        files={"nats.conf": "\n".join(_settings(store, place)) + "\n"},
        secrets=(
            Secret(client, lambda _: nkeys.seed(), f"private key (nkey seed) of NATS' user {APPLICATION}"),
            Secret(f"{folder}/users.conf", users, "NATS' users, by their public keys"),
            *(pair(folder, place.names) if local_ca else ()),
        ),
        served=within(folder, "users.conf", "tls.crt", "tls.key"),
        clients=within(folder, "seed", "ca.crt"),
        command=("nats-server", "--config", f"{place.settings}/nats.conf"),
        user=USER,
        place=place,
        owns_data=False,
        notes=(
            f"clients of {store.name} log in with the nkey seed, and use subjects below {APPLICATION}. only",
        ),
    )


def _settings(store: Store, place: Place) -> Iterator[str]:
    address = "0.0.0.0" if place.every else place.address
    yield "# Written by `batten harden`. Users and keys are in files of their own; nothing is served over HTTP."
    yield f'server_name: "{store.name}"'
    yield f'listen: "{address}:{place.port}"'
    yield "tls {"
    yield f'  cert_file: "{place.secrets}/tls.crt"'
    yield f'  key_file: "{place.secrets}/tls.key"'
    yield '  min_version: "1.2"'
    yield "  timeout: 3"
    yield "}"
    yield "authorization {"
    yield "  timeout: 3"
    # Relative to this file, as all that is included.
    yield f'  include "{posixpath.relpath(place.secrets, place.settings)}/users.conf"'
    yield "}"
    yield "# What one client can take."
    yield "max_connections: 1000"
    yield "max_subscriptions: 1000"
    yield "max_payload: 1MB"
    yield "max_pending: 16MB"
    yield "max_control_line: 4KB"
    yield 'ping_interval: "60s"'
    yield "ping_max: 2"
    yield 'write_deadline: "5s"'
    yield "jetstream {"
    yield f'  store_dir: "{place.data}"'
    yield "  max_memory_store: 256MB"
    yield "  max_file_store: 8GB"
    yield "}"
    yield "debug: false"
    yield "trace: false"
    yield "logtime: true"
