"""Scripts of package.json that start the application in production, and what they switch on or off.

Sources: https://docs.npmjs.com/cli/v11/using-npm/scripts, https://nodejs.org/api/cli.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature
from batten.formats import Workspace
from batten.formats.tree import Scalar
from batten.model import Location, Setting, Switch
from batten.technologies.dependencies.packages.trees import below, inside, json, root
from batten.technologies.shared.containers import switches

SHOWN = re.compile(rb"--inspect|NODE_TLS_REJECT_UNAUTHORIZED|NODE_ENV=dev")
_STARTS = re.compile(r"start|serve|(?:[\w.-]{1,40}:)?(?:prod|production)(?:[:.-][\w.-]{1,40})?")
_VARIABLE = re.compile(r"([A-Za-z_]\w*)=(\S*)")
_MOST = 200  # words of a script


def started(path: str, workspace: Workspace) -> Iterator[Feature]:
    """What variables and options of Node say. The mode for developers counts where the script's name says production."""
    for entry in below(root(path, workspace, json)["scripts"]):
        name = str(entry.key.value)
        if not isinstance(entry.value, Scalar) or not _STARTS.fullmatch(name):
            continue
        at = Location(path, f"scripts.{name}", inside(entry.value))
        words = entry.value.text.split()[:_MOST]
        for switch, on, what in _told(words):
            if switch is not Switch.DEBUG or (on and ("prod" in name or what.startswith("Node's inspector"))):
                yield Feature(at, switch, Setting(on, at), what)


def _told(words: list[str]) -> Iterator[tuple[Switch, bool, str]]:
    for word in words:
        if found := _VARIABLE.fullmatch(word):
            yield from switches.features(found[1], found[2])
    for _, switch, what in switches.debug_words(words):
        yield switch, True, what
