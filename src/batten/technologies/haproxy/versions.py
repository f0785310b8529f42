"""What HAProxy does when nothing is written, by version; and where the version can be read."""

from __future__ import annotations

import posixpath
import re

from batten.formats import Unreadable, Workspace
from batten.model import UNKNOWN, Unknown

PROTOCOLS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
SAFE_MINIMUM = (2, 2)  # ssl-min-ver became TLSv1.2 (configuration manual 2.2, 5.1)
AFTER_RESPONSE = (2, 2)  # http-after-response

_COMPANIONS = (
    "Dockerfile",
    "Containerfile",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
)
_IMAGE = re.compile(
    r"^[ \t]*(?:FROM[ \t]+(?:--\S+[ \t]+)?|(?:- )?image:[ \t]*)[\"']?(?:[\w.-]+(?::\d+)?/)*"
    r"(?:haproxy|haproxy-alpine|haproxy-debian|haproxy-ubuntu):v?(\d+\.\d+(?:\.\d+)?)[\w.-]*[\"']?[ \t]*(?:AS\b.*)?\r?$",
    re.MULTILINE | re.IGNORECASE,
)


def version_of(main: str, workspace: Workspace) -> str:
    """The version of the image that runs this configuration; "" when nothing, or too much, says it."""
    found: set[str] = set()
    folder = posixpath.dirname(main)
    for _ in range(6):
        for path in (posixpath.join(folder, name) for name in _COMPANIONS):
            if workspace.exists(path):
                try:
                    found |= set(_IMAGE.findall(workspace.text(path).text))
                except Unreadable:
                    continue
        if not folder:
            break
        folder = posixpath.dirname(folder)
    return found.pop() if len(found) == 1 else ""


def at_least(version: str, wanted: tuple[int, int]) -> bool | None:
    """Whether the version is this or newer; None when it is not known."""
    numbers = tuple(int(n) for n in version.split(".") if n.isdigit())
    return numbers[:2] >= wanted if len(numbers) > 1 else None


def protocols(version: str) -> tuple[str, ...]:
    """What a TLS listener negotiates by itself. All releases that still get fixes agree; before 2.2 the
    floor was TLS 1.0."""
    return PROTOCOLS[1:] if at_least(version, SAFE_MINIMUM) is False else PROTOCOLS[3:]


def shows_version(version: str) -> bool | Unknown:
    """Whether the statistics page names the version unless `stats hide-version` is written; true up to
    3.3, and not taken for granted of newer releases."""
    known = at_least(version, (3, 4))
    return True if known is False else UNKNOWN
