"""Cameras: whoever opens one watches what it sees."""

from __future__ import annotations

from batten.live.products.product import Product, Read, named, text

PRODUCTS = (
    Product(
        name="Motion",
        sign=named(r"Motion"),
        reads=(Read("/0/detection/status", text(r"\A\s*Camera \d+ Detection status")),),
        gains="watch the cameras, pause the detection and end the program",
        close="Set `webcontrol_auth_method`, with `webcontrol_authentication` (before version 5) or `webcontrol_auth_admin`, and leave `webcontrol_localhost` on.",
        source="https://motion-project.github.io/motion_config.html#webcontrol_auth_method",
    ),
)  # fmt: skip
