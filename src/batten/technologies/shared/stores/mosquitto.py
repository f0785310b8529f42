"""Mosquitto without a file of its own here: what its image does, and the file that it ships for trying it out.

Source: ChangeLog.txt of 2.0.0: from then on clients without a name are refused; before, everybody was let in.
"""

from __future__ import annotations

from batten.model import UNKNOWN, Setting
from batten.technologies.shared.containers import images
from batten.technologies.shared.containers.container import Container

_FILE = "/mosquitto/config/mosquitto.conf"
_OPEN = "/mosquitto-no-auth.conf"


def mosquitto(container: Container) -> Setting[bool]:
    """Whether clients must say who they are; a file that is mounted says it itself."""
    named = container.option("-c", "--config-file")
    if named is not None and named.known("") == _OPEN:
        return Setting(False, named.at)
    old = images.parse(container.workload.image.known("")).tag.startswith("1.")
    configured = container.mounted(_FILE) or named is not None
    return container.missing(False if old and not configured else UNKNOWN)
