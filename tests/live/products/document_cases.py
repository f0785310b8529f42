"""Document stores and their consoles, by the programs that their vendors ship."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from node_programs import served
from product_cases import PASSWORD, Case, doubled, html, json_of

_APPS = {
    "apps": [
        {
            "serverURL": "https://api.example.com/parse",
            "appId": "shop",
            "masterKey": "key-1",
            "appName": "Shop",
        }
    ]
}


@contextmanager
def _pouchdb(folder: Path, port: int, settings: Mapping[str, object]) -> Iterator[None]:
    """The documentation's way to have an administrator is its entry in config.json, and what may be read without is `_all_dbs`."""
    (folder / "config.json").write_text(json.dumps(settings))
    with served(folder, port, "pouchdb-server", "pouchdb-server", "--port", port, "--in-memory"):
        yield


@contextmanager
def _parse(folder: Path, port: int, settings: Mapping[str, object], *options: str) -> Iterator[None]:
    (folder / "apps.json").write_text(json.dumps(settings))
    program = ("parse-dashboard", "parse-dashboard", "--config", "apps.json", "--port", port)
    with served(folder, port, *program, *options, NODE_ENV="production"):
        yield


_MONGO = html(
    "<html><head><title>Home - Mongo Express</title></head><body><h4 style='font-weight: bold;'>Databases</h4>"
    '<h3><a href="/db/shop/">shop</a></h3></body></html>'
)
_SOLR = {
    "GET /": (302, {"Location": "/solr/"}, ""),
    "GET /solr/": html("<html><head><title>Solr Admin</title></head><body></body></html>"),
}
_SYSTEM = json_of(
    {"mode": "std", "solr_home": "/var/solr/data", "lucene": {"solr-spec-version": "9.7.0"}, "security": {}}
)
_INFLUX = html('<html><head><title>InfluxDB</title></head><body><div id="react-root"></div></body></html>')

CASES = (
    Case(product="PouchDB Server", opened=lambda f, p: _pouchdb(f, p, {})),
    Case(
        product="Parse Dashboard",
        opened=lambda f, p: _parse(f, p, _APPS, "--dev"),
        locked=lambda f, p: _parse(
            f, p, {**_APPS, "users": [{"user": "u", "pass": PASSWORD}]}, "--allowInsecureHTTP"
        ),
    ),
    Case(
        product="Mongo Express",
        double=True,
        source="https://github.com/mongo-express/mongo-express/blob/master/lib/views/index.html",
        opened=doubled({"GET /": _MONGO}),
        locked=doubled(
            {}, (401, {"WWW-Authenticate": 'Basic realm="Authorization Required"'}, "Unauthorized")
        ),
    ),
    Case(
        product="Solr",
        double=True,
        source="https://solr.apache.org/guide/solr/latest/configuration-guide/request-handlers-searchcomponents.html",
        opened=doubled({**_SOLR, "GET /solr/admin/info/system": _SYSTEM}),
        locked=doubled(
            {**_SOLR, "GET /solr/admin/info/system": (401, {"WWW-Authenticate": 'Basic realm="solr"'}, "")}
        ),
    ),
    Case(
        product="InfluxDB 2",
        double=True,
        source="https://docs.influxdata.com/influxdb/v2/api/#operation/GetSetup",
        opened=doubled({"GET /": _INFLUX, "GET /api/v2/setup": json_of({"allowed": True})}),
        locked=doubled({"GET /": _INFLUX, "GET /api/v2/setup": json_of({"allowed": False})}),
    ),
)
