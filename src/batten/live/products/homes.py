"""What people run at home and in workshops: devices, printers and watchers of pages."""

from __future__ import annotations

from batten.live.products.product import Product, Read, keys, page, titled

PRODUCTS = (
    Product(
        name="ESPHome dashboard",
        sign=titled(r"Dashboard - ESPHome|ESPHome Dashboard"),
        reads=(Read("/devices", keys("configured", "importable")),),
        gains="read and change the configuration and secrets of every device, and install firmware, which builds code on the machine",
        close="Start it with `--username` and `--password`, and bind it with `--address 127.0.0.1`.",
        source="https://esphome.io/guides/cli",
        version=r'"version":\s*"(\d[\w.]+)"',
        tells="/version",
    ),
    Product(
        name="changedetection.io",
        sign=titled(r"Change Detection\s*<"),
        reads=(Read("/settings", page(r"<title>Change Detection", r'name="application-password')),),
        gains="see and change the watched pages with their headers and notifications, and make the server request other addresses",
        close="Set a password in its settings, or in `SALTED_PASS`.",
        source="https://github.com/dgtlmoon/changedetection.io/wiki",
    ),
)  # fmt: skip
