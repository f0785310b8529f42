"""Stores that speak HTTP, probed by the URL alone: recognised by what the root answers, and asked as that store."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
import store_servers as servers
from assessed import run
from test_stores import findings

from batten.engine.causes import causes
from batten.facts import Daemon, Endpoint, Opening, Store
from batten.live.products import PRODUCTS
from batten.live.runner import Assessment
from batten.live.stores.closing import closing
from batten.live.stores.door import SCHEMES
from batten.model import Finding, Severity
from batten.policy import Environment
from proofs import turn
from servers import free_port

sys.path.append(os.fspath(Path(__file__).parent / "products"))
from product_cases import Answers, behind, double

REQUESTS = 500  # of a whole assessment by the URL alone
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html"}


def _json(document: object) -> tuple[int, Mapping[str, str], str]:
    return 200, JSON, json.dumps(document, separators=(",", ":"))


def _page(text: str) -> tuple[int, Mapping[str, str], str]:
    return 200, HTML, f"<!doctype html><html><head>{text}</head><body></body></html>"


INFLUX = {"X-Influxdb-Version": "v2.7.6"}
CLICKHOUSE = {"X-ClickHouse-Server-Display-Name": "a"}
DOUBLES: dict[str, Answers] = {
    "elasticsearch": {
        "GET /": _json({"tagline": "You Know, for Search", "version": {"number": "8.15.0"}}),
        "GET /_cat/indices": _json([{"index": "orders"}]),
    },
    "opensearch": {
        "GET /": _json(
            {"tagline": "The OpenSearch Project: https://opensearch.org/", "version": {"number": "2.11.0"}}
        ),
        "GET /_cat/indices": _json([]),
    },
    "couchdb": {
        "GET /": _json({"couchdb": "Welcome", "version": "3.3.3"}),
        "GET /_session": _json({"ok": True, "userCtx": {"name": None, "roles": ["_admin"]}}),
    },
    "influxdb": {
        "GET /ping": (204, INFLUX, ""),
        "GET /api/v2/setup": (200, {**INFLUX, **JSON}, '{"allowed":true}'),
    },
    "clickhouse": {"GET /": (200, CLICKHOUSE, "24.8.4.13\n")},
    "consul": {
        "GET /": (307, {"Location": "/ui/"}, ""),
        "GET /ui/": _page('<title>Consul by HashiCorp</title><meta name="consul-ui/config/environment">'),
        "GET /v1/acl/policies": (401, {}, "ACL support disabled"),
        "GET /v1/agent/self": _json(
            {"Config": {"Datacenter": "dc1", "Version": "1.19.1"}, "Member": {"Name": "a"}}
        ),
    },
    "docker": {
        "GET /version": _json({"Version": "27.1.1", "ApiVersion": "1.46", "MinAPIVersion": "1.24"}),
        "GET /containers/json": _json([]),
    },
    "kubelet": {"GET /pods": _json({"kind": "PodList", "apiVersion": "v1", "items": []})},
    "kube-apiserver": {
        "GET /": _json({"paths": ["/api", "/api/v1", "/apis"]}),
        "GET /api/v1/namespaces": _json({"kind": "NamespaceList", "apiVersion": "v1", "items": []}),
        "GET /version": _json({"gitVersion": "v1.33.1"}),
    },
    "grafana": {
        "GET /": _page("<title>Grafana</title><script>window.grafanaBootData = {}</script>"),
        "GET /api/health": _json({"database": "ok", "version": "12.3.0"}),
        "GET /api/datasources": _json([]),
    },
    "rabbitmq": {
        "GET /": _page("<title>RabbitMQ Management</title>"),
        "GET /api/whoami": _json({"name": "guest", "tags": ["administrator"]}),
    },
    "caddy": {"GET /config/": _json({"apps": {"http": {}}})},
    "haproxy": {"GET /stats": _page("<title>Statistics Report for HAProxy</title>")},
}
LOCKED: dict[str, Answers] = {
    "elasticsearch": {
        "GET /": (
            401,
            {**JSON, "WWW-Authenticate": 'Basic realm="security"'},
            '{"error":"security_exception"}',
        )
    },
    "couchdb": {
        "GET /": _json({"couchdb": "Welcome", "version": "3.3.3"}),
        "GET /_session": _json({"ok": True, "userCtx": {"name": None, "roles": []}}),
    },
    "grafana": DOUBLES["grafana"] | {"GET /api/datasources": (401, JSON, "{}")},
    "rabbitmq": DOUBLES["rabbitmq"]
    | {"GET /api/whoami": (401, JSON, '{"error":"not_authorized","reason":"Not_Authorized"}')},
    "docker": DOUBLES["docker"] | {"GET /containers/json": (403, {}, "Forbidden")},
}
PLACES = [
    *((name, "") for name in DOUBLES),
    *((name, "/data/x") for name in turn("prefixes", list(DOUBLES), 4)),
]


def _assessed(url: str) -> Assessment:
    return run(Environment("t", url, rate=5000))


def _told(assessment: Assessment) -> list[Finding]:
    return [cause.lead for cause in causes(findings(assessment.facts))]


def _openings(assessment: Assessment) -> list[str]:
    """The products that are said to be open to anyone, each as often as it is said."""
    named = [f.product for f in assessment.facts if isinstance(f, Store) and f.answers]
    named += [f.product.lower() for f in assessment.facts if isinstance(f, Opening)]
    named += [f.name for f in assessment.facts if isinstance(f, Daemon)]
    return named + [f.what for f in assessment.facts if isinstance(f, Endpoint) and f.gains]


@pytest.mark.parametrize(("name", "prefix"), PLACES)
def test_what_is_open_is_said_first_and_once(name: str, prefix: str, tmp_path: Path) -> None:
    port = free_port()
    with ExitStack() as stack:
        stack.enter_context(double(port, DOUBLES[name]))
        if prefix:
            upstream, port = port, free_port()
            stack.enter_context(behind(tmp_path, port, upstream, f"{prefix}/"))
        assessment = _assessed(f"http://127.0.0.1:{port}{prefix}")
    assert [one for one in _openings(assessment) if name.split("-")[0] in one.lower().replace(" ", "")] == (
        _openings(assessment)
    )
    assert len(_openings(assessment)) == 1
    first = _told(assessment)[0]
    assert first.severity >= Severity.HIGH
    assert name.split("-")[0] in first.message.lower() or first.control == "orchestrator-locked"
    assert first.control == "orchestrator-locked" or "anyone can" in first.message
    assert assessment.exchanges <= REQUESTS


@pytest.mark.parametrize("name", LOCKED)
def test_what_is_locked_is_not_said(name: str) -> None:
    port = free_port()
    with double(port, LOCKED[name]):
        assessment = _assessed(f"http://127.0.0.1:{port}")
    assert _openings(assessment) == []
    assert [
        f.message for f in _told(assessment) if f.severity >= Severity.HIGH and f.control != "tls-required"
    ] == []


@pytest.mark.parametrize("locked", [False, True], ids=["open", "locked"])
@pytest.mark.parametrize("name", ["etcd", "influxdb", "moto", "prometheus"])
def test_the_vendors_own_servers(name: str, locked: bool, tmp_path: Path) -> None:
    serve = {
        "etcd": servers.etcd,
        "influxdb": servers.influxdb,
        "moto": servers.moto,
        "prometheus": servers.prometheus,
    }[name]
    port = free_port()
    with serve(tmp_path, port, locked=locked):
        assessment = _assessed(f"http://127.0.0.1:{port}")
    told = _told(assessment)
    assert len(_openings(assessment)) == (0 if locked else 1)
    if locked:
        assert not [f.message for f in told if "anyone can" in f.message]
    else:
        first = told[0]
        assert first.control in ("store-authenticated", "console-not-exposed")
        assert "anyone can" in first.message and "See https://" in first.advice
    assert assessment.exchanges <= REQUESTS


def test_every_store_says_what_is_gained_and_how_it_is_closed() -> None:
    names = {
        "rabbitmq-management": "rabbitmq",
        "cassandra": "apache-cassandra",
        "clickhouse-native": "clickhouse",
    }
    own = {
        "docker",
        "kubelet",
        "kubernetes",
        "amqp",
    }  # judged as the daemons that they are, or named by their answer
    for scheme, (protocol, _, _) in SCHEMES.items():
        if protocol not in own:
            row = closing(names.get(protocol, protocol))
            assert row.gains and row.close.endswith(".") and row.source.startswith("https://"), scheme


def test_no_store_is_a_product_of_the_catalogue_and_an_item_too() -> None:
    stores = {"elasticsearch", "opensearch", "couchdb", "influxdb", "etcd", "consul", "clickhouse", "minio"}
    assert not stores & {product.name.lower() for product in PRODUCTS}
