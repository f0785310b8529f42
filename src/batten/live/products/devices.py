"""Servers that drive devices and their applications."""

from __future__ import annotations

from batten.live.exchange import Response
from batten.live.products.product import Product, Read, keys, says, text


def _sessions(response: Response) -> bool:
    """The list of sessions, or that this server does not show it: an answer of the API, to a client without a login."""
    if response.status == 500:
        return says(r"feature '?session_discovery'? has not been enabled")(response)
    return keys("value")(response) and text(r'"value"\s*:\s*\[')(response)


PRODUCTS = (
    Product(
        name="Appium",
        sign=text(r'"build"\s*:\s*\{\s*"version"', r"accept new connections"),
        at=("/status",),
        reads=(Read("/appium/sessions", _sessions), Read("/sessions", _sessions)),
        gains="install and drive applications on its devices, and run commands where `--relaxed-security` is set",
        close="Start it with `--address 127.0.0.1`, or put a proxy that requires a login in front of it; it has no login.",
        source="https://appium.io/docs/en/latest/guides/security/",
        version=r'"build":\s*\{\s*"version":\s*"(\d[\w.]+)"',
        tells="/status",
    ),
)  # fmt: skip
