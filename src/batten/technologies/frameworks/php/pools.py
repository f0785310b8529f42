"""Pools of PHP-FPM: where they listen, as whom they run, and which files they run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.facts import AccessLog, AccessRule, Fact, Feature
from batten.formats import Workspace
from batten.model import UNKNOWN, Kind, Location, Setting, Switch
from batten.technologies.frameworks.php.directives import Told
from batten.technologies.shared.secrets import credentials

_EVERY = re.compile(r"(?:(?:0\.0\.0\.0|\[::\]|\*):)?\d+")
_ENVIRONMENT = re.compile(r"env\[(\w+)\]")
_CARRIED = re.compile(r"%\{HTTP_(AUTHORIZATION|COOKIE|X_API_KEY)\}e", re.IGNORECASE)
_IMAGES = re.compile(r"(?:Dockerfile|Containerfile|compose)[^/]*$", re.IGNORECASE)


def pools(told: Told, workspace: Workspace) -> Iterator[Fact]:
    """The facts of a section, where it is a pool."""
    if not told.pool:
        return
    # A port of every address, for every client: FastCGI runs the file that a client names. In a container, its
    # network decides who reaches it.
    listen = told.directives.get("listen")
    if listen is not None and _EVERY.fullmatch(listen.value) and not _in_image(told.source.path, workspace):
        allowed = told.directives.get("listen.allowed_clients")
        if allowed is None or not allowed.value.strip():
            what = f"the FastCGI port {listen.value.rpartition(':')[2]} of the pool `{told.section.name}`, which runs files,"
            yield Feature(listen.at, Switch.CONSOLE, Setting(True, listen.at), what)
    user = told.directives.get("user")
    if user is not None:
        root = user.value in ("root", "0")
        yield Feature(user.at, Switch.ROOT_WORKER, Setting(root, user.at), "PHP-FPM's workers run")
    extensions = told.directives.get("security.limit_extensions")
    if extensions is not None and not extensions.value.strip():
        defeat = "it is empty, so every file is run as PHP, uploads among them"
        at = Location(told.source.path, "security.limit_extensions", extensions.pair.span, kind=Kind.VALUE)
        yield AccessRule(at, "`security.limit_extensions`", defeat)
    form = told.directives.get("access.format")
    carried = dict.fromkeys(name.lower() for name in _CARRIED.findall(form.value)) if form is not None else ()
    if form is not None and carried:
        unknown: Setting[bool] = Setting(UNKNOWN, form.at)
        yield AccessLog(form.at, unknown, unknown, tuple(Setting(f"`{name}`", form.at) for name in carried))
    # Credentials in the variables of the workers.
    for key, directive in told.directives.items():
        name = _ENVIRONMENT.fullmatch(key)
        held = credentials.found(name[1], directive.value) if name is not None else None
        if name is not None and held is not None:
            yield credentials.in_config(directive.at, name[1], held)


def _in_image(path: str, workspace: Workspace) -> bool:
    """Whether an image or a Compose file is beside the pool, or above it."""
    folder = posixpath.dirname(path)
    while True:
        if any(_IMAGES.search(one) for one in workspace.entries(folder)):
            return True
        if not folder:
            return False
        folder = posixpath.dirname(folder)
