"""Which version of a product runs a configuration, as the files beside it tell."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cache, partial
from itertools import islice

from batten.formats import Unreadable, Workspace

COMPANIONS = (
    "Dockerfile",
    "Containerfile",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
)

_VARIANT = re.compile(r"(^|/)(docker-)?compose[.-][\w.-]+\.ya?ml$")


def companions(main: str, workspace: Workspace) -> Iterator[str]:
    """Files beside the configuration, and above it, that may say how it is run."""
    folder = posixpath.dirname(main)
    for _ in range(6):
        yield from workspace.once(("companions", folder), partial(_companions, folder, workspace))
        if not folder:
            return
        folder = posixpath.dirname(folder)


def _companions(folder: str, workspace: Workspace) -> list[str]:
    """Those of one folder: the usual names, then those of Compose files for one environment, such as compose.prod.yaml."""
    usual = [path for name in COMPANIONS if workspace.exists(path := posixpath.join(folder, name))]
    return usual + sorted(path for path in workspace.entries(folder) if _VARIANT.search(path))


_RUNNING = (".yaml", ".yml", ".service", ".env")
_MOST = 64  # files of one folder: many may be read beside many


def beside(main: str, workspace: Workspace) -> Iterator[str]:
    """Texts of what may run the program that reads this file: Compose, Dockerfiles, manifests (one that the file is in, too),
    units of systemd, variables."""
    running = (path for path in workspace.entries(posixpath.dirname(main)) if path.endswith(_RUNNING))
    for path in dict.fromkeys((*companions(main, workspace), *islice(running, _MOST))):
        try:
            yield workspace.data(path).decode(errors="replace") if path == main else workspace.text(path).text
        except Unreadable:
            continue


def image_version(main: str, workspace: Workspace, *images: str) -> str:
    """The version in the tag of the image that runs this configuration, one of `images` by its last
    name ("nginx", "nginx-unprivileged"); "" when nothing, or too much, says it."""
    found: set[str] = set()
    for path in companions(main, workspace):
        try:
            found |= set(_tag(images).findall(workspace.text(path).text))
        except Unreadable:
            continue
    return found.pop() if len(found) == 1 else ""


@cache
def _tag(images: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(map(re.escape, images))
    # ours: names of our own images
    return re.compile(
        r"^[ \t]*(?:FROM[ \t]+(?:--\S+[ \t]+)?|(?:- )?image:[ \t]*)[\"']?(?:[\w.-]+(?::\d+)?/)*"
        rf"(?:{names}):v?(\d+\.\d+(?:\.\d+)?)[\w.-]*[\"']?[ \t]*(?:AS\b.*)?\r?$",
        re.MULTILINE | re.IGNORECASE,
    )


def at_least(version: str, wanted: tuple[int, ...]) -> bool | None:
    """Whether the version is this or newer; None when it is not known well enough."""
    numbers = tuple(int(n) for n in version.split(".") if n.isdigit())
    if not numbers:
        return None
    if len(numbers) < len(wanted) and numbers == wanted[: len(numbers)]:
        return None
    return numbers >= wanted
