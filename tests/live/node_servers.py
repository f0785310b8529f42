"""Servers in Node.js, of packages that tools/products.py installs (`node-servers`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_servers import running
from product_cases import INSTALL, PLACE

from needs import program, without
from servers import free_port


@contextmanager
def node(folder: Path, text: str, **values: str) -> Iterator[int]:
    """A script that listens on the port of its first argument; `values` are constants in front of it, in JavaScript."""
    modules = PLACE / "node-servers" / "node_modules"
    if not modules.is_dir():
        without("node-servers", INSTALL)
    port = free_port()
    settings = "".join(f"const {name} = {value};\n" for name, value in values.items())
    (folder / "server.cjs").write_text(settings + text)
    command = ["env", f"NODE_PATH={modules}", program("node"), "server.cjs", str(port)]
    with running(command, port, folder):
        yield port
