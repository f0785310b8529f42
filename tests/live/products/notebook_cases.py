"""Notebooks, by the servers that their vendors ship."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_servers import running
from product_cases import PASSWORD, Case, Start, installed, starting


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


def _gateway(token: str) -> Start:
    options = (
        "--KernelGatewayApp.ip=127.0.0.1",
        "--KernelGatewayApp.port={port}",
        f"--KernelGatewayApp.auth_token={token}",
    )
    return starting("jupyter-kernel-gateway", "jupyter-kernelgateway", *options)


def _marimo(*options: str) -> Start:
    edit = ("--yes", "edit", "--headless", "--skip-update-check", "--host", "127.0.0.1", "-p", "{port}")
    return starting("marimo", "marimo", *edit, *options, "{folder}")


CASES = (
    Case(product="Jupyter Kernel Gateway", opened=_gateway(""), locked=_gateway(PASSWORD)),
    Case(
        product="marimo",
        opened=_marimo("--no-token"),
        locked=_marimo("--token-password", PASSWORD),
    ),
    Case(
        product="Jupyter Server",
        opened=lambda f, p: _jupyter(f, p, ""),
        locked=lambda f, p: _jupyter(f, p, PASSWORD),
        ci=True,
    ),
    Case(
        product="pyxterm.js",
        opened=starting("pyxtermjs", "pyxtermjs", "--host", "127.0.0.1", "--port", "{port}"),
    ),
)
