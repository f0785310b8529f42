"""Programs of cameras, by what Debian ships; there is no camera."""

from __future__ import annotations

from product_cases import PASSWORD, Case, Start, started


def _motion(lines: str) -> Start:
    config = f"daemon off\nwebcontrol_port {{port}}\nwebcontrol_localhost on\n{lines}"
    return started("motion", "-n", "-c", "{folder}/motion.conf", files={"motion.conf": config})


CASES = (
    Case(
        product="Motion",
        opened=_motion(""),
        locked=_motion(f"webcontrol_auth_method 2\nwebcontrol_authentication operator:{PASSWORD}\n"),
    ),
)
