"""RabbitMQ 3.13 and newer: AMQP over TLS, one user in a virtual host of its own, no guest.

https://www.rabbitmq.com/docs/configure and https://www.rabbitmq.com/docs/definitions (a node that starts with definitions
makes no default user)
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from batten.harden.authority import pair
from batten.harden.intent import Intent
from batten.harden.made import Earlier, Made, Secret
from batten.harden.passwords import password, read, sha256_salted
from batten.harden.stack import APPLICATION, Store
from batten.harden.stores.part import Part, Place, container, host, standalone, within

USER = 999
_SUITES = ("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
           "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256")  # fmt: skip


def part(store: Store, local_ca: bool) -> Part:
    return _part(store, container(store, "/etc/rabbitmq", "/var/lib/rabbitmq"), local_ca)


def render(intent: Intent) -> Made:
    """For a server of a distribution: the files of its settings folder."""
    store = Store(kind="rabbitmq", name="rabbitmq")
    place = host(store, "/etc/rabbitmq", "/var/lib/rabbitmq", intent)
    return standalone(intent, store, _part(store, place, intent.local_ca))


def _part(store: Store, place: Place, local_ca: bool) -> Part:
    folder = f"secrets/{store.name}"
    client = f"{folder}/password"
    return Part(
        files={
            "rabbitmq.conf": "\n".join(_settings(place)) + "\n",
            "enabled_plugins": "[].\n",
        },
        secrets=(
            password(client, f"password of RabbitMQ's user {APPLICATION}"),
            Secret(
                f"{folder}/definitions.json",
                lambda earlier: _definitions(earlier, client),
                "RabbitMQ's users, with hashes",
            ),
            *(pair(folder, place.names) if local_ca else ()),
        ),
        served=within(folder, "definitions.json", "tls.crt", "tls.key"),
        clients=within(folder, "password", "ca.crt"),
        command=("rabbitmq-server",),
        user=USER,
        place=place,
        writable=("/tmp",),
        healthy=("rabbitmq-diagnostics", "--quiet", "check_running"),
        environment={
            "RABBITMQ_CONFIG_FILE": f"{place.settings}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{place.settings}/enabled_plugins",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        },
        notes=(f"clients of {store.name} use amqps, and the virtual host {APPLICATION}",),
    )


def _settings(place: Place) -> Iterator[str]:
    address = "" if place.every else f"{place.address}:"
    yield "# Written by `batten harden`. Users and keys are in files of their own."
    yield "listeners.tcp = none"
    yield f"listeners.ssl.default = {address}{place.port}"
    yield f"ssl_options.certfile = {place.secrets}/tls.crt"
    yield f"ssl_options.keyfile = {place.secrets}/tls.key"
    yield "ssl_options.verify = verify_none"
    yield "ssl_options.fail_if_no_peer_cert = false"
    yield "ssl_options.versions.1 = tlsv1.3"
    yield "ssl_options.versions.2 = tlsv1.2"
    yield "ssl_options.client_renegotiation = false"
    yield "ssl_options.secure_renegotiate = true"
    yield "ssl_options.honor_cipher_order = true"
    yield from (f"ssl_options.ciphers.{number} = {name}" for number, name in enumerate(_SUITES, 1))
    yield "ssl_handshake_timeout = 5000"
    yield "handshake_timeout = 10000"
    yield ""
    yield "# Members of a cluster only; this one is alone."
    yield "distribution.listener.interface = 127.0.0.1"
    yield ""
    yield f"load_definitions = {place.secrets}/definitions.json"
    yield "loopback_users.guest = true"
    yield "auth_backends.1 = internal"
    yield "auth_mechanisms.1 = PLAIN"
    yield ""
    yield "# What one client can take."
    yield "heartbeat = 60"
    yield "channel_max = 128"
    yield "frame_max = 131072"
    yield "max_message_size = 16777216"
    yield "vm_memory_high_watermark.relative = 0.6"
    yield "disk_free_limit.absolute = 1GB"
    yield "consumer_timeout = 1800000"
    yield ""
    yield "log.console = true"
    yield "log.console.level = info"
    yield "log.connection.level = info"


def _definitions(earlier: Earlier, client: str) -> bytes:
    user = {
        "name": APPLICATION,
        "password_hash": sha256_salted(read(earlier, client)),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
        "limits": {"max-connections": 500, "max-channels": 5000},
    }
    granted = {"user": APPLICATION, "vhost": APPLICATION, "configure": ".*", "write": ".*", "read": ".*"}
    made = {"users": [user], "vhosts": [{"name": APPLICATION}], "permissions": [granted]}
    return (json.dumps(made, indent=2) + "\n").encode()
