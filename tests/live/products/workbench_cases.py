"""Workbenches for data, by what Debian ships."""

from __future__ import annotations

from product_cases import Case, started

_SETTINGS = {
    "webapp": "main/webapp",
    "data_dir": "{folder}",
    "interface": "127.0.0.1",
    "port": "{port}",
    "host": "*",
    "headless": "true",
}
_SET = [f"-Drefine.{name}={value}" for name, value in _SETTINGS.items()]
# As Debian's script starts it, but that the script would leave it behind.
_COMMAND = ("java", "-Xmx256M", "-cp", "server/classes:server/*", *_SET, "com.google.refine.Refine")

CASES = (
    Case(
        product="OpenRefine",
        opened=started("env", "-C", "/usr/share/openrefine", *_COMMAND, ready="/command/core/get-version"),
    ),
)
