"""Notebooks and interactive interpreters: whoever opens one runs code on its machine."""

from __future__ import annotations

from batten.live.products.product import Product, Read, both, either, headed, keys, page, titled

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
)  # fmt: skip
