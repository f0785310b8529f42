"""Terminals in the browser: whoever opens one has a shell."""

from __future__ import annotations

from batten.live.products.product import Product, Read, keys, named, page, says

PRODUCTS = (
    Product(
        name="Gritty",
        sign=named(r"Gritty"),
        reads=(Read("/socket.io/?EIO=4&transport=polling", says(r'\A0\{"sid":')),),
        gains="run any command as the user that started it",
        close="Bind it to loopback, or pass a function `auth` to `gritty.listen`.",
        source="https://github.com/cloudcmd/gritty#server-api",
    ),
    Product(
        name="Cloud Commander",
        sign=page(r"(?:href|src)=[\"']?[^\"'>]{0,99}/dist/cloudcmd\.(?:css|js)|<title>Cloud Commander"),
        reads=(Read("/api/v1/fs/", keys("path", "files")),),
        gains="read, change and delete the files of its user, and run commands where its console or terminal is on",
        close="Start it with `--auth`, `--username` and `--password`, or set `auth` in its configuration.",
        source="https://github.com/coderaiser/cloudcmd/blob/master/HELP.md",
    ),
    Product(
        name="VS Code server",
        sign=page(r'<meta id="vscode-workbench-web-configuration"'),
        reads=(Read("/", page(r'<meta id="vscode-workbench-web-configuration" data-settings="[^"]*remoteAuthority')),),
        gains="run any command as its user in the editor's terminal, and read and write its files",
        close="Set `auth: password` with `password` or `hashed-password` in the configuration of code-server, or start openvscode-server with `--connection-token`.",
        source="https://coder.com/docs/code-server/guide",
        mounts=("/code/",),
    ),
)  # fmt: skip
