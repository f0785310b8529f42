"""Notebooks, by the servers that their vendors ship."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_servers import running
from product_cases import PASSWORD, Case, installed


@contextmanager
def _jupyter(folder: Path, port: int, token: str) -> Iterator[None]:
    program = installed("jupyter-server", "jupyter-server")
    options = (
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        f"--ServerApp.root_dir={folder}",
    )
    with running([program, *options, f"--IdentityProvider.token={token}"], port, folder):
        yield


CASES = (
    Case(
        product="Jupyter Server",
        opened=lambda f, p: _jupyter(f, p, ""),
        locked=lambda f, p: _jupyter(f, p, PASSWORD),
        ci=True,
    ),
)
