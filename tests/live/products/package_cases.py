"""Registries of packages, by the programs that their vendors ship."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node_programs import served
from product_cases import Case

_MANIFEST = {
    "name": "orders-client",
    "dist-tags": {"latest": "1.0.0"},
    "versions": {
        "1.0.0": {
            "name": "orders-client",
            "version": "1.0.0",
            "dist": {"shasum": "0" * 40, "tarball": "http://127.0.0.1/orders-client-1.0.0.tgz"},
        }
    },
    "time": {"1.0.0": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z"},
    "_distfiles": {},
    "_attachments": {},
    "_uplinks": {},
    "_rev": "1",
}


@contextmanager
def _verdaccio(folder: Path, port: int, access: str) -> Iterator[None]:
    (folder / "storage" / "orders-client").mkdir(parents=True)
    (folder / "storage" / "orders-client" / "package.json").write_text(json.dumps(_MANIFEST))
    known = {"list": ["orders-client"], "secret": "a" * 32}
    (folder / "storage" / ".verdaccio-db.json").write_text(json.dumps(known))
    (folder / "config.yaml").write_text(
        f"storage: {folder}/storage\nauth: {{htpasswd: {{file: ./htpasswd}}}}\nuplinks: {{}}\n"
        f"packages: {{'**': {{access: {access}, publish: $authenticated}}}}\n"
    )
    listen = ("--listen", f"127.0.0.1:{port}")
    with served(folder, port, "verdaccio", "verdaccio", "--config", "config.yaml", *listen):
        yield


CASES = (
    Case(
        product="Verdaccio",
        opened=lambda f, p: _verdaccio(f, p, "$all"),
        locked=lambda f, p: _verdaccio(f, p, "$authenticated"),
        weak=("cors-origin-listed",),  # it lets every origin read its answers
    ),
)
