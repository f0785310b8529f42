"""Elasticsearch 8, from its documentation: no server of it runs where this was written.

https://www.elastic.co/guide/en/elasticsearch/reference/8.19/security-settings.html; variables of the container: those of the
vendor's image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from batten.harden.authority import pair
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.passwords import password
from batten.harden.stack import APPLICATION, Store
from batten.harden.stores.part import Part, Place, container, host, standalone, within

USER = 1000


def part(store: Store, local_ca: bool) -> Part:
    """Its settings are variables: the image's folder of settings holds more files than this one."""
    place = container(store, "/usr/share/elasticsearch/config", "/usr/share/elasticsearch/data")
    found = _part(store, place, local_ca)
    variables = {name: _text(value) for name, value in _settings(store, place).items()}
    return replace(found, files={}, environment={**variables, **found.environment})


def _text(value: Any) -> str:
    """As the image takes it: https://www.elastic.co/docs/deploy-manage/deploy/self-managed/install-elasticsearch-docker-configure"""
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return ",".join(value)
    return str(value)


def render(intent: Intent) -> Made:
    """For a server of a distribution: the files of its settings folder."""
    store = Store(kind="elasticsearch", name="elasticsearch")
    place = host(store, "/etc/elasticsearch", "/var/lib/elasticsearch", intent)
    return standalone(intent, store, _part(store, place, intent.local_ca))


def _part(store: Store, place: Place, local_ca: bool) -> Part:
    folder = f"secrets/{store.name}"
    text = yaml.safe_dump(_settings(store, place), sort_keys=False, width=110)
    return Part(
        files={
            "elasticsearch.yml": f"# Written by `batten harden`. Passwords and keys are in files of their own.\n{text}"
        },
        secrets=(
            password(f"{folder}/owner-password", "password of Elasticsearch's user elastic"),
            *(pair(folder, place.names, also_client=True) if local_ca else ()),
        ),
        served=within(folder, "owner-password", "tls.crt", "tls.key", "ca.crt"),
        clients=within(folder, "ca.crt"),
        command=(),
        user=USER,
        place=place,
        writable=("/tmp", "/usr/share/elasticsearch/logs"),
        environment={
            "ELASTIC_PASSWORD_FILE": f"{place.secrets}/owner-password",
        },
        notes=(
            f"{store.name} is written from Elasticsearch's documentation, and was not started by batten's own tests",
            f"make an API key for the application, with rights on its own indices, as {store.name}'s user elastic: "
            f"POST /_security/api_key with the name {APPLICATION}",
        ),
    )


def _settings(store: Store, place: Place) -> Mapping[str, Any]:
    tls = {
        "enabled": True,
        "key": f"{place.secrets}/tls.key",
        "certificate": f"{place.secrets}/tls.crt",
        "certificate_authorities": [f"{place.secrets}/ca.crt"],
        "supported_protocols": ["TLSv1.3", "TLSv1.2"],
    }
    security = {
        f"xpack.security.{layer}.ssl.{key}": value
        for layer in ("http", "transport")
        for key, value in {**tls, **({"verification_mode": "full"} if layer == "transport" else {})}.items()
    }
    return {
        "cluster.name": store.name,
        "discovery.type": "single-node",
        "network.host": "0.0.0.0" if place.every else place.address,
        "http.port": place.port,
        "transport.host": "127.0.0.1",
        "path.data": place.data,
        "action.destructive_requires_name": True,
        "http.max_content_length": "16mb",
        "http.cors.enabled": False,
        "xpack.security.enabled": True,
        "xpack.security.enrollment.enabled": False,
        "xpack.security.authc.anonymous.authz_exception": True,
        "xpack.security.audit.enabled": True,
        **security,
    }
