"""Repositories of packages, by what Debian ships."""

from __future__ import annotations

from product_cases import Case, started

CASES = (
    Case(
        product="aptly",
        opened=started(
            "aptly",
            "-config={folder}/aptly.conf",
            "api",
            "serve",
            "-listen=127.0.0.1:{port}",
            files={"aptly.conf": '{"rootDir": "{folder}/aptly"}'},
        ),
    ),
)
