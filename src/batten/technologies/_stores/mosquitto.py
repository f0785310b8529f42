"""Mosquitto, which has only a configuration file. Source: mosquitto.conf(5), and ChangeLog.txt of 2.0.0.

From 2.0 on, clients without a name are refused unless `allow_anonymous true` is written, and a broker that
is told no listener serves its own machine only; before, everybody was let in.
"""

from __future__ import annotations

import re

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import UNKNOWN, Location, Setting, Span
from batten.technologies._containers import images
from batten.technologies._containers.container import Container

_ANONYMOUS = re.compile(r"^allow_anonymous[ \t]+(\w+)", re.MULTILINE)
_OTHERS = re.compile(r"^(?:per_listener_settings[ \t]+true|include_dir|plugin|auth_plugin)\b", re.MULTILINE)
_OPEN = "/mosquitto-no-auth.conf"  # ships with the image, for trying it out


def mosquitto(container: Container, workspace: Workspace) -> Setting[bool]:
    """Whether clients must say who they are."""
    named = container.option("-c", "--config-file")
    inside = named.known("") if named is not None else "/mosquitto/config/mosquitto.conf"
    if named is not None and inside == _OPEN:
        return Setting(False, named.at)
    old = images.parse(container.workload.image.known("")).tag.startswith("1.")
    for mount in container.workload.mounts:
        path = mount.path + inside.removeprefix(mount.target.rstrip("/")) if mount.path else ""
        if inside.startswith(mount.target.rstrip("/")) and path and workspace.exists(path):
            return _told(path, old, container, workspace)
    configured = container.mounted(inside) or named is not None
    return container.missing(False if old and not configured else UNKNOWN)


def _told(path: str, old: bool, container: Container, workspace: Workspace) -> Setting[bool]:
    try:
        text = workspace.text(path).text
    except (SyntaxProblem, Unreadable):
        return container.missing(UNKNOWN)
    found = next(reversed(list(_ANONYMOUS.finditer(text))), None)
    if _OTHERS.search(text):
        return container.missing(UNKNOWN)
    if found is None:
        return container.missing(False if old else UNKNOWN)
    at = Location(path, "allow_anonymous", Span(*found.span()))
    return Setting(found[1].lower() != "true", at)
