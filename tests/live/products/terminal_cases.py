"""Terminals in the browser, by the programs that their vendors ship."""

from __future__ import annotations

from node_programs import starts
from product_cases import PASSWORD, Case, doubled, html

_COMMANDER = ("cloudcmd", "cloudcmd", "--port", "{port}", "--root", "{folder}", "--no-open")

_SETTINGS = "{&quot;remoteAuthority&quot;:&quot;remote&quot;,&quot;serverBasePath&quot;:&quot;.&quot;}"
_WORKBENCH = (
    f'<!DOCTYPE html><html><head><meta id="vscode-workbench-web-configuration" data-settings="{_SETTINGS}">'
    "</head><body></body></html>"
)
_LOGIN = "<html><head><title>code-server login</title></head><body><form method=post></form></body></html>"

CASES = (
    Case(product="Gritty", opened=starts("gritty", "gritty", "--port", "{port}")),
    Case(
        product="VS Code server",  # code-server 4.139.1 answers so; it has 600 MB
        double=True,
        source="https://github.com/coder/code-server/blob/main/src/node/routes/vscode.ts",
        opened=doubled({"GET /": html(_WORKBENCH)}),
        locked=doubled({"GET /": (302, {"Location": "./login"}, ""), "GET /login": html(_LOGIN)}),
    ),
    Case(
        product="Cloud Commander",
        opened=starts(*_COMMANDER),
        locked=starts(*_COMMANDER, "--auth", "--username", "u", "--password", PASSWORD),
    ),
)
