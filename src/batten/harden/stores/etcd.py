"""etcd 3.5: certificates of one authority for clients and for members.

https://etcd.io/docs/v3.5/op-guide/security/ and https://etcd.io/docs/v3.5/op-guide/configuration/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from batten.controls import MOZILLA_INTERMEDIATE
from batten.harden.authority import pair, signing
from batten.harden.intent import Intent
from batten.harden.made import Made, Secret
from batten.harden.stack import APPLICATION, Store
from batten.harden.stores.part import Part, Place, container, host, standalone, within
from batten.harden.suites import iana

USER = 10005
PEERS = 2380


def part(store: Store, local_ca: bool) -> Part:
    return _part(store, container(store, "/etc/etcd", "/var/lib/etcd"), local_ca)


def render(intent: Intent) -> Made:
    """For a server of a distribution: the files of its settings folder."""
    store = Store(kind="etcd", name="etcd")
    place = host(store, "/etc/etcd", "/var/lib/etcd", intent)
    return standalone(intent, store, _part(store, place, intent.local_ca))


def _part(store: Store, place: Place, local_ca: bool) -> Part:
    folder, client = f"secrets/{store.name}", f"secrets/{store.name}-client"
    certificates: tuple[Secret, ...] = ()
    if local_ca:
        # A member calls itself, and other members, with its own certificate.
        certificates = (
            *pair(folder, place.names, also_client=True),
            *pair(client, (APPLICATION,), also_client=True),
        )
    text = yaml.safe_dump(_settings(store, place), sort_keys=False, width=110)
    return Part(
        files={"etcd.yaml": f"# Written by `batten harden`. Keys are in files of their own.\n{text}"},
        secrets=(*certificates, *signing(f"{folder}/token", "etcd's tokens")),
        served=within(folder, "tls.crt", "tls.key", "ca.crt", "token.key", "token.pub"),
        clients=within(client, "tls.crt", "tls.key", "ca.crt"),
        command=("etcd", "--config-file", f"{place.settings}/etcd.yaml"),
        user=USER,
        place=place,
        owns_data=False,
        notes=(
            f"clients with a certificate of its authority may use all of {store.name}; roles: `etcdctl user add root`, "
            f"`etcdctl user add {APPLICATION} --no-password`, `etcdctl role grant-permission …`, `etcdctl auth enable`",
        ),
    )


def _settings(store: Store, place: Place) -> Mapping[str, Any]:
    address = "0.0.0.0" if place.every else place.address
    own = {
        "cert-file": f"{place.secrets}/tls.crt",
        "key-file": f"{place.secrets}/tls.key",
        "trusted-ca-file": f"{place.secrets}/ca.crt",
        "client-cert-auth": True,
        "auto-tls": False,
    }
    peers = f"https://127.0.0.1:{PEERS if place.port == store.port else place.port + 1}"
    return {
        "name": store.name,
        "data-dir": place.data,
        "listen-client-urls": f"https://{address}:{place.port}",
        "advertise-client-urls": f"https://{place.names[0]}:{place.port}",
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": f"{store.name}={peers}",
        "client-transport-security": own,
        "peer-transport-security": dict(own),
        "tls-min-version": "TLS1.2",
        "cipher-suites": list(iana(MOZILLA_INTERMEDIATE)),
        "auth-token": f"jwt,pub-key={place.secrets}/token.pub,priv-key={place.secrets}/token.key,sign-method=ES256,ttl=10m",
        "enable-pprof": False,
        "max-request-bytes": 1_572_864,
        "max-concurrent-streams": 1_000,
        "quota-backend-bytes": 2_147_483_648,
        "auto-compaction-mode": "periodic",
        "auto-compaction-retention": "1h",
        "strict-reconfig-check": True,
        "log-level": "info",
        "logger": "zap",
        "log-outputs": ["stderr"],
    }
