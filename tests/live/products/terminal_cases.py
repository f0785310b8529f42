"""Terminals in the browser, by the programs that their vendors ship."""

from __future__ import annotations

from node_programs import starts
from product_cases import PASSWORD, Case

_COMMANDER = ("cloudcmd", "cloudcmd", "--port", "{port}", "--root", "{folder}", "--no-open")

CASES = (
    Case(product="Gritty", opened=starts("gritty", "gritty", "--port", "{port}")),
    Case(
        product="Cloud Commander",
        opened=starts(*_COMMANDER),
        locked=starts(*_COMMANDER, "--auth", "--username", "u", "--password", PASSWORD),
    ),
)
