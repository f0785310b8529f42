"""Notebooks and interactive interpreters: whoever opens one runs code on its machine."""

from __future__ import annotations

from batten.live.products.product import (
    Product,
    Read,
    answered,
    both,
    either,
    headed,
    keys,
    page,
    text,
    titled,
)

PRODUCTS = (
    Product(
        name="Jupyter Server",
        sign=either(
            headed("server", "TornadoServer"),
            page(r"jupyter-config-data|data-jupyter-api-token"),
            titled(r"JupyterLab|Jupyter Notebook|Jupyter Server|Home Page - Select or create"),
        ),
        reads=(Read("/api/status", keys("started", "kernels", "connections")), Read("/api/contents?content=0", both(keys("name", "path", "type", "writable")))),
        gains="run any code as the user that started it, and read and write its files",
        close="Remove the empty `IdentityProvider.token` (or set `PasswordIdentityProvider.hashed_password`), and bind it to loopback.",
        source="https://jupyter-server.readthedocs.io/en/latest/operators/security.html",
        mounts=("/jupyter/",),
        version=r'(?m)"version":\s*"(\d[\w.]+)"',
        tells="/api",
    ),
    Product(
        name="Jupyter Kernel Gateway",
        sign=answered(404, r'\A\{"reason": "Not Found", "message": ""'),
        reads=(Read("/api/kernelspecs", keys("default", "kernelspecs")),),
        gains="start kernels and run any code in them",
        close="Set `KernelGatewayApp.auth_token` (`KG_AUTH_TOKEN`), and bind it to loopback.",
        source="https://jupyter-kernel-gateway.readthedocs.io/en/latest/config-options.html",
        version=r'(?m)"version":\s*"(\d[\w.]+)"',
    ),
    Product(
        name="marimo",
        sign=either(page(r"<marimo-filename"), titled(r"marimo\s*<")),
        reads=(Read("/api/status", both(keys("filenames", "sessions", "version"), text(r'"mode":\s*"edit"'))),),
        gains="run any code as the user that started it, and read and write its files",
        close="Start it without `--no-token`, or with `--token-password-file`.",
        source="https://docs.marimo.io/guides/deploying/authentication/",
        version=r'"version":\s*"(\d[\w.]+)"',
    ),
    Product(
        name="pyxterm.js",
        sign=titled(r"pyxterm\.js"),
        reads=(Read("/socket.io/?EIO=4&transport=polling", text(r'\A0\{"sid":')),),
        gains="run any command in a terminal of the machine",
        close="It has no login: bind it with `--host 127.0.0.1`, or put a proxy with a login in front.",
        source="https://github.com/cs01/pyxtermjs#readme",
        version=r"pyxtermjs[^<]*?(\d+\.[\d.]+)",
    ),
)  # fmt: skip
