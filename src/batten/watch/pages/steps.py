"""Where a form leads after it was sent: only ever to a page of this service."""

from __future__ import annotations


def back(wanted: str, otherwise: str = "/") -> str:
    """A path of this site with its query; `otherwise` where something else was given: another site, or what browsers read as one."""
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else otherwise
