"""MongoDB 6 and newer, from its documentation: no server of it runs where this was written.

https://www.mongodb.com/docs/manual/reference/configuration-options/; variables of the container: those of the Docker Official
Image.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from batten.harden.authority import pair
from batten.harden.intent import Intent
from batten.harden.made import Earlier, Made, Secret
from batten.harden.passwords import password, read
from batten.harden.stack import APPLICATION, Store
from batten.harden.stores.part import Part, Place, container, host, standalone, within

USER = 999


def part(store: Store, local_ca: bool) -> Part:
    """Its settings lie where the image looks for scripts: it runs `users.sh` once, with an empty data folder."""
    return _part(store, container(store, "/docker-entrypoint-initdb.d", "/data/db"), local_ca)


def render(intent: Intent) -> Made:
    """For a server of a distribution: the files of its settings folder."""
    store = Store(kind="mongodb", name="mongodb")
    place = host(store, "/etc/mongodb", "/var/lib/mongodb", intent)
    return standalone(intent, store, _part(store, place, intent.local_ca))


def _part(store: Store, place: Place, local_ca: bool) -> Part:
    folder = f"secrets/{store.name}"
    owner, client = f"{folder}/owner-password", f"{folder}/password"
    text = yaml.safe_dump(_settings(place), sort_keys=False, width=110)
    return Part(
        files={
            "mongod.conf": f"# Written by `batten harden`. Passwords and keys are in files of their own.\n{text}",
            "users.sh": _SCRIPT.replace("SECRETS", place.secrets),
        },
        secrets=(
            password(owner, "password of MongoDB's root"),
            password(client, f"password of MongoDB's user {APPLICATION}"),
            Secret(
                f"{folder}/users.js",
                lambda earlier: _users(earlier, client),
                "what makes the users, with a password",
            ),
            *(_certificates(folder, place) if local_ca else ()),
        ),
        served=within(folder, "owner-password", "users.js", "tls.pem", "ca.crt"),
        clients=within(folder, "password", "ca.crt"),
        command=("mongod", "--config", f"{place.settings}/mongod.conf"),
        user=USER,
        place=place,
        writable=("/tmp",),
        environment={
            "MONGO_INITDB_ROOT_USERNAME": "owner",
            "MONGO_INITDB_ROOT_PASSWORD_FILE": f"{place.secrets}/owner-password",
            "MONGO_INITDB_DATABASE": APPLICATION,
        },
        notes=(
            f"{store.name} is written from MongoDB's documentation, and was not started by batten's own tests",
        ),
    )


def _certificates(folder: str, place: Place) -> tuple[Secret, ...]:
    """mongod wants key and certificate in one file."""
    key, certificate = within(folder, "tls.key", "tls.crt")
    joined = Secret(
        f"{folder}/tls.pem", lambda earlier: earlier[key] + earlier[certificate], "key and certificate"
    )
    return (*pair(folder, place.names), joined)


def _settings(place: Place) -> Mapping[str, Any]:
    return {
        "net": {
            "bindIp": "0.0.0.0" if place.every else place.address,
            "port": place.port,
            "maxIncomingConnections": 1000,
            "tls": {
                "mode": "requireTLS",
                "certificateKeyFile": f"{place.secrets}/tls.pem",
                "CAFile": f"{place.secrets}/ca.crt",
                "allowConnectionsWithoutCertificates": True,
                "disabledProtocols": "TLS1_0,TLS1_1",
            },
        },
        "security": {"authorization": "enabled", "javascriptEnabled": False},
        "setParameter": {
            "authenticationMechanisms": "SCRAM-SHA-256",
            "enableLocalhostAuthBypass": False,
            "maxTransactionLockRequestTimeoutMillis": 5000,
        },
        "storage": {"dbPath": place.data},
        "systemLog": {"verbosity": 0},
        "operationProfiling": {"mode": "off"},
    }


_SCRIPT = """#!/bin/sh
# Makes the application's user, once, with an empty data folder.
set -eu
mongosh --quiet --username "$MONGO_INITDB_ROOT_USERNAME" --password "$MONGO_INITDB_ROOT_PASSWORD" --authenticationDatabase admin "$MONGO_INITDB_DATABASE" SECRETS/users.js
"""


def _users(earlier: Earlier, client: str) -> bytes:
    """MongoDB takes no verifier, so the password itself stands here."""
    user = {
        "user": APPLICATION,
        "pwd": read(earlier, client).decode(),
        "roles": [{"role": "readWrite", "db": APPLICATION}],
        "mechanisms": ["SCRAM-SHA-256"],
    }
    return f"db.createUser({json.dumps(user)});\n".encode()
