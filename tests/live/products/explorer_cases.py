"""Explorers of databases and stores of vectors, by the servers that their vendors ship."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from product_cases import PASSWORD, Case, Start, starting


def _with_database(start: Start) -> Start:
    @contextmanager
    def started(folder: Path, port: int) -> Iterator[None]:
        with closing(sqlite3.connect(folder / "shop.db")) as database:
            database.execute("CREATE TABLE orders (number INTEGER, name TEXT)")
            database.execute("INSERT INTO orders VALUES (1, 'mug')")
            database.commit()
        with start(folder, port):
            yield

    return started


def _sqlite_web(*options: str) -> Start:
    where = ("-x", "-H", "127.0.0.1", "-p", "{port}", *options, "shop.db")
    password = {"SQLITE_WEB_PASSWORD": PASSWORD} if options else {}
    return _with_database(starting("sqlite-web", "sqlite_web", *where, environment=password))


def _pgadmin(server: bool) -> Start:
    text = f"""SERVER_MODE = {server}
DEFAULT_SERVER = "127.0.0.1"
DEFAULT_SERVER_PORT = {{port}}
DATA_DIR = "{{folder}}/data"
LOG_FILE = "{{folder}}/pgadmin.log"
SQLITE_PATH = "{{folder}}/data/pgadmin.db"
SESSION_DB_PATH = "{{folder}}/data/sessions"
STORAGE_DIR = "{{folder}}/data/storage"
MASTER_PASSWORD_REQUIRED = False
UPGRADE_CHECK_ENABLED = False
"""
    environment = {
        "PYTHONPATH": "{folder}",
        "PGADMIN_SETUP_EMAIL": "admin@example.com",
        "PGADMIN_SETUP_PASSWORD": PASSWORD,
    }
    files = {"config_local.py": text}
    options = ("-c", "import runpy; runpy.run_module('pgadmin4.pgAdmin4', run_name='__main__')")
    return starting("pgadmin4", "python", *options, files=files, environment=environment)


DATASETTE = ("-h", "127.0.0.1", "-p", "{port}", "shop.db")
RULE = '{"allow": {"id": "*"}}'

CASES = (
    Case(product="SQLite Web", opened=_sqlite_web(), locked=_sqlite_web("-P"), ci=True),
    Case(
        product="Datasette",
        opened=_with_database(starting("datasette", "datasette", *DATASETTE)),
        locked=_with_database(
            starting(
                "datasette", "datasette", *DATASETTE, "-m", "metadata.json", files={"metadata.json": RULE}
            )
        ),
    ),
    Case(
        product="Chroma",
        documented=150,
        opened=starting(
            "chromadb", "chroma", "run", "--host", "127.0.0.1", "--port", "{port}", "--path", "{folder}/data"
        ),
    ),
    Case(product="pgAdmin in desktop mode", opened=_pgadmin(False), locked=_pgadmin(True)),
)
