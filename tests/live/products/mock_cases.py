"""Mock servers, by the programs that their vendors ship."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node_programs import served
from product_cases import PASSWORD, Case


@contextmanager
def _json_server(folder: Path, port: int, package: str = "json-server") -> Iterator[None]:
    (folder / "db.json").write_text('{"orders": [{"id": 1, "customer": "a@example.com"}]}')
    with served(folder, port, package, "json-server", "--port", str(port), "db.json"):
        yield


@contextmanager
def _mountebank(folder: Path, port: int, *options: str) -> Iterator[None]:
    with served(folder, port, "mountebank", "mb", "start", "--port", str(port), "--nologfile", *options):
        yield


CASES = (
    Case(product="JSON Server", opened=lambda f, p: _json_server(f, p), ci=True),
    Case(product="JSON Server", opened=lambda f, p: _json_server(f, p, "json-server-1")),
    Case(
        product="mountebank",
        opened=lambda f, p: _mountebank(f, p),
        locked=lambda f, p: _mountebank(f, p, "--apikey", PASSWORD),
        ci=True,
    ),
)
