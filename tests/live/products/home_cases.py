"""What people run at home, by the servers that their vendors ship."""

from __future__ import annotations

from product_cases import PASSWORD, Case, Start, starting


def _esphome(*options: str) -> Start:
    where = ("--address", "127.0.0.1", "--port", "{port}", *options, "{folder}/devices")
    return starting("esphome", "esphome", "dashboard", *where, files={"devices/.keep": ""})


def _changes(**login: str) -> Start:
    where = ("-h", "127.0.0.1", "-p", "{port}", "-d", "{folder}/data", "-C")
    return starting("changedetection.io", "changedetection.io", *where, environment=login)


CASES = (
    Case(
        product="ESPHome dashboard",
        opened=_esphome(),
        locked=_esphome("--username", "admin", "--password", PASSWORD),
    ),
    Case(product="changedetection.io", opened=_changes(), locked=_changes(SALTED_PASS="A" * 88)),
)
