"""Search engines and stores of keys, by what Debian ships."""

from __future__ import annotations

from product_cases import Case, started

CASES = (
    Case(
        product="Groonga",
        opened=started(
            "groonga",
            "--protocol",
            "http",
            "-s",
            "--bind-address",
            "127.0.0.1",
            "-p",
            "{port}",
            "-n",
            "{folder}/db",
        ),
    ),
)
