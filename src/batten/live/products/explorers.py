"""Explorers of databases, and stores of vectors: rows that anyone may read, and mostly change."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, keys, named, page, text, titled

PRODUCTS = (
    Product(
        name="SQLite Web",
        sign=titled(r"SQLite Web"),
        reads=(Read("/", page(r"SQLITE_WEB_DB|<title>SQLite Web", r'href="[^"]*/query/"')),),
        gains="read, change and delete every row, run SQL, and drop tables",
        close="Start it with `--password` (`SQLITE_WEB_PASSWORD`), and with `--read-only` where nothing is to be written.",
        source="https://github.com/coleifer/sqlite-web#readme",
        version=r"sqlite-web (\d[\w.]+)</a>",
    ),
    Product(
        name="Datasette",
        sign=titled(r"Datasette\b"),
        reads=(Read("/-/databases.json", keys("0.name", "0.path", "0.is_mutable")),),
        gains="read every table and run SQL queries, which is meant only for data that is to be published",
        close='Set `"allow": {"id": "*"}` in its configuration with a plug-in for log-in, where the data are not public.',
        source="https://docs.datasette.io/en/stable/authentication.html",
        holds=Holds.INSIGHT,
        version=r'"datasette":\s*\{"version":\s*"(\d[\w.]+)"',
        tells="/-/versions.json",
    ),
    Product(
        name="Chroma",
        sign=text(r'"nanosecond heartbeat"'),
        at=("/api/v2",),
        reads=(Read("/api/v2/tenants/default_tenant/databases", keys("0.id", "0.name", "0.tenant")),),
        gains="read, change and delete every collection with its documents",
        close="Put a proxy with a login in front, and bind Chroma to loopback or a private network.",
        source="https://cookbook.chromadb.dev/security/auth-1.0.x",
        holds=Holds.DATA,
    ),
    Product(
        name="pgAdmin in desktop mode",
        sign=named(r"pgAdmin 4"),
        reads=(Read("/browser/js/utils.js", page(r"\['server_mode'\] = 'False'")),),
        gains="use the saved connections to every database, and read and change what they reach",
        close="Set `SERVER_MODE = True` in `config_local.py`, so that it requires a login.",
        source="https://www.pgadmin.org/docs/pgadmin4/latest/server_deployment.html",
        mounts=("/pgadmin/",),
    ),
)  # fmt: skip
