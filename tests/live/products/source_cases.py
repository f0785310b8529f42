"""What developers run beside their sources, by the programs that their vendors ship."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node_programs import served, starts
from product_cases import PASSWORD, Case, installed

_UNGIT = (
    "ungit",
    "ungit",
    "--port={port}",
    "--no-launchBrowser",
    "--no-autoFetch",
    "--logDirectory={folder}",
)
_PAGE = (
    '<!doctype html><title>Shop</title><div id="root"></div><script type="module" src="/main.js"></script>'
)


def _sources(folder: Path) -> None:
    (folder / "index.html").write_text(_PAGE)
    (folder / "main.js").write_text("document.title = 'Shop'\n")
    (folder / "package.json").write_text(json.dumps({"name": "shop", "dependencies": {}}))


@contextmanager
def _vite(folder: Path, port: int) -> Iterator[None]:
    _sources(folder)
    with served(folder, port, "vite", "vite", ".", "--port", port, "--host", "127.0.0.1"):
        yield


@contextmanager
def _webpack(folder: Path, port: int) -> Iterator[None]:
    _sources(folder)
    (folder / "node_modules").symlink_to(Path(installed("webpack-dev-server", "")).parent)
    (folder / "webpack.config.js").write_text(
        'module.exports = { mode: "development", entry: "./main.js", devServer: { open: false } };'
    )
    with served(folder, port, "webpack-dev-server", "webpack", "serve", "--port", port):
        yield


CASES = (
    Case(
        product="Ungit",
        opened=starts(*_UNGIT),
        locked=starts(*_UNGIT, "--authentication", f"--users.u={PASSWORD}"),
    ),
    Case(product="Vite development server", opened=_vite, ci=True),
    Case(product="webpack development server", opened=_webpack),
)
