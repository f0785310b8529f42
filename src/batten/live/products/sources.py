"""What developers run beside their sources: whoever reaches it reads them."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, either, keys, named, page, text

PRODUCTS = (
    Product(
        name="Ungit",
        sign=named(r"ungit"),
        reads=(Read("/api/fs/listDirectories?term=/", text(r'\A\s*\[\s*"/')),),
        gains="read, change and push every repository of its user, and create folders on its machine",
        close="Set `authentication` to true with `users`, and `ungitBindIp` to 127.0.0.1.",
        source="https://github.com/FredrikNoren/ungit#readme",
        version=r'ungit\.version = "(\d[\w.]+)',
        tells="/serverdata.js",
    ),
    Product(
        name="Vite development server",
        sign=page(r"src=[\"'][^\"']*/@vite/client[\"']"),
        reads=(Read("/package.json", either(keys("dependencies"), keys("devDependencies"), keys("scripts"))),),
        gains="read the source files of the application, unbuilt and with their comments",
        close="Serve what `vite build` made, and start the development server without `--host`.",
        source="https://vite.dev/config/server-options.html#server-host",
        holds=Holds.INSIGHT,
    ),
    Product(
        name="webpack development server",
        sign=page(r"<h1>Assets Report:</h1>"),
        at=("/webpack-dev-server",),
        reads=(Read("/webpack-dev-server", page(r"<h1>Assets Report:</h1>", r"<h2>Compilation: ")),),
        gains="read the source files of the application, unbuilt and with their comments",
        close="Serve what `webpack --mode production` made, and bind the development server to loopback (`devServer.host`).",
        source="https://webpack.js.org/configuration/dev-server/",
        holds=Holds.INSIGHT,
    ),
)  # fmt: skip
