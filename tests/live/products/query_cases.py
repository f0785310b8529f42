"""Consoles in which SQL is written, by the programs that their vendors ship."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from node_programs import served
from product_cases import PASSWORD, Case


@contextmanager
def _sqlpad(folder: Path, port: int, owned: bool) -> Iterator[None]:
    (folder / "store").mkdir()
    options = ("--port", port, "--ip", "127.0.0.1", "--dbPath", folder / "store")
    with served(folder, port, "sqlpad", "sqlpad", *options):
        if owned:
            first = {"email": "a@example.com", "password": PASSWORD, "passwordConfirmation": PASSWORD}
            headers = {"Content-Type": "application/json"}
            address = f"http://127.0.0.1:{port}/api/signup"
            urlopen(Request(address, json.dumps(first).encode(), headers), timeout=60).close()
        yield


CASES = (
    Case(
        product="SQLPad",
        opened=lambda f, p: _sqlpad(f, p, owned=False),
        locked=lambda f, p: _sqlpad(f, p, owned=True),
    ),
)
