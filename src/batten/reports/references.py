"""Where a control's references and this project are found on the web."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module

_PUBLISHED = (
    (re.compile(r"CWE-(\d+)"), r"https://cwe.mitre.org/data/definitions/\1.html"),
    (re.compile(r"RFC (\d+)"), r"https://www.rfc-editor.org/rfc/rfc\1"),
    (re.compile(r"(CVE-\d+-\d+)"), r"https://www.cve.org/CVERecord?id=\1"),
    (re.compile(r"OWASP API\d+:(\d+)"), r"https://owasp.org/API-Security/editions/\1/en/0x11-t10/"),
    (re.compile(r"OWASP Secure Headers"), r"https://owasp.org/www-project-secure-headers/"),
    (re.compile(r"(https://\S+)"), r"\1"),
)


def published(reference: str) -> str:
    """The address of what a control refers to (`CWE-319`, `RFC 6797`, a URL); "" where it is not known."""
    for pattern, address in _PUBLISHED:
        match = pattern.fullmatch(reference)
        if match:
            return match.expand(address)
    return ""


def first_published(references: Iterable[str]) -> str:
    """The first address among references."""
    return next(filter(None, map(published, references)), "")


@cache
def home() -> str:
    """This project's address, of the installed package's `Project-URL: Homepage`; "" where it declares none."""
    metadata = import_module("importlib.metadata")  # takes long to import
    try:
        rows = metadata.metadata("batten").get_all("Project-URL") or ()
    except metadata.PackageNotFoundError:
        return ""
    named = dict(row.split(", ", 1) for row in rows)
    return str(named.get("Homepage", ""))
