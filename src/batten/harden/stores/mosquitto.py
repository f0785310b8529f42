"""Mosquitto 2: MQTT over TLS, for one user and the topics below its name.

https://mosquitto.org/man/mosquitto-conf-5.html
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.authority import pair
from batten.harden.intent import Intent
from batten.harden.made import Earlier, Made, Secret
from batten.harden.passwords import password, read, sha512_pbkdf2
from batten.harden.stack import APPLICATION, Store
from batten.harden.stores.part import Part, Place, container, host, standalone, within

USER = 1883


def part(store: Store, local_ca: bool) -> Part:
    return _part(store, container(store, "/mosquitto/config", "/mosquitto/data"), local_ca)


def render(intent: Intent) -> Made:
    """For a server of a distribution: the files of its settings folder."""
    store = Store(kind="mosquitto", name="mosquitto")
    place = host(store, "/etc/mosquitto", "/var/lib/mosquitto", intent)
    return standalone(intent, store, _part(store, place, intent.local_ca))


def _part(store: Store, place: Place, local_ca: bool) -> Part:
    folder = f"secrets/{store.name}"
    client = f"{folder}/password"

    def users(earlier: Earlier) -> bytes:
        return f"{APPLICATION}:{sha512_pbkdf2(read(earlier, client))}\n".encode()

    return Part(
        files={
            "mosquitto.conf": "\n".join(_settings(place)) + "\n",
            "topics.acl": f"# Nothing else is read or written.\nuser {APPLICATION}\ntopic readwrite {APPLICATION}/#\n",
        },
        secrets=(
            password(client, f"password of Mosquitto's user {APPLICATION}"),
            Secret(f"{folder}/users", users, "Mosquitto's users, with hashes"),
            *(pair(folder, place.names) if local_ca else ()),
        ),
        served=within(folder, "users", "tls.crt", "tls.key"),
        clients=within(folder, "password", "ca.crt"),
        command=("mosquitto", "-c", f"{place.settings}/mosquitto.conf"),
        user=USER,
        place=place,
        notes=(f"the user {APPLICATION} of {store.name} may use topics below {APPLICATION}/ only",),
    )


def _settings(place: Place) -> Iterator[str]:
    yield "# Written by `batten harden`. Users and keys are in files of their own."
    yield "per_listener_settings false"
    yield f"listener {place.port}{'' if place.every else f' {place.address}'}"
    yield f"certfile {place.secrets}/tls.crt"
    yield f"keyfile {place.secrets}/tls.key"
    yield "tls_version tlsv1.2"
    yield "ciphers ECDHE+AESGCM:ECDHE+CHACHA20"
    yield ""
    yield "allow_anonymous false"
    yield f"password_file {place.secrets}/users"
    yield f"acl_file {place.settings}/topics.acl"
    yield ""
    yield "# What one client can take."
    yield "max_connections 1000"
    yield "max_keepalive 600"
    yield "max_packet_size 262144"
    yield "message_size_limit 262144"
    yield "max_inflight_messages 20"
    yield "max_queued_messages 1000"
    yield "max_queued_bytes 16777216"
    yield "memory_limit 268435456"
    yield "persistent_client_expiration 14d"
    yield ""
    yield "persistence true"
    yield f"persistence_location {place.data}/"
    yield "log_dest stderr"
    yield from (f"log_type {kind}" for kind in ("error", "warning", "notice", "information"))
    yield "connection_messages true"
