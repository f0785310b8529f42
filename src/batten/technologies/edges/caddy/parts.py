"""Whether a Caddyfile is a part of a longer one. Global options stand before everything else, once: in a part they end in the middle of
what Caddy loads, which it refuses. https://caddyserver.com/docs/caddyfile/concepts#structure"""

from __future__ import annotations

import posixpath
import re

from batten.formats import Unreadable, Workspace
from batten.patterns import fits
from batten.technologies.edges.caddy.tree import Tree

_MAIN = re.compile(r"(?:.+[-_.])?Caddyfile(?:\.(?!part|inc|snippet)[\w.-]+)?", re.IGNORECASE)
_FOLDERS = re.compile(
    r"(?:conf|caddy|caddyfile)\.d|sites?(?:[-_.](?:enabled|available|d))?|snippets?|includes?|imports?|partials?|vhosts?(?:\.d)?",
    re.IGNORECASE,
)
_SCRIPTS = re.compile(
    r"(?:GNU)?makefile|justfile|taskfile\.ya?ml|.+\.(?:sh|bash|mk|make)|dockerfile.*", re.IGNORECASE
)
_JOINS = re.compile(
    r"\b(?:cat|awk|sed -s|paste|tee -a)\s(?P<words>[^|;&\n]{1,400})|(?P<appended>[^\s|;&]{1,200})\s*>>"
)
MOST_SCRIPTS = 60  # looked at for one file
LARGEST = 100_000  # characters of a script


def part_of(tree: Tree, workspace: Workspace) -> str:
    """What shows that the file is a part of another, or that another may have the options; "" when nothing does."""
    main = tree.files[0]
    if tree.root.hides() or any(site.hides() for site in tree.sites):
        return "it imports what is not here"
    folders = [f for f in posixpath.dirname(main).split("/") if f]
    if folders and _FOLDERS.fullmatch(folders[-1]):
        return f"it is in `{folders[-1]}`"
    if not _MAIN.fullmatch(posixpath.basename(main)):
        return "it is not named Caddyfile"
    script = _joining(main, workspace)
    return f"`{script}` joins it with other files" if script else ""


def _joining(main: str, workspace: Workspace) -> str:
    """The script, beside the file or above it, that writes it together with others."""
    name, folder = posixpath.basename(main), posixpath.dirname(main)
    above = [folder]
    while above[-1]:
        above.append(posixpath.dirname(above[-1]))
    looked = 0
    for here in above:
        rooms = [
            here,
            *(posixpath.join(here, one) for one in ("scripts", "script", "bin", "ci", ".github/workflows")),
        ]
        for path in (entry for room in rooms for entry in workspace.entries(room)):
            workflow = "/workflows/" in path and path.endswith((".yml", ".yaml"))
            if not workflow and not _SCRIPTS.fullmatch(posixpath.basename(path)):
                continue
            looked += 1
            if looked > MOST_SCRIPTS:
                return ""
            if _names(path, name, workspace):
                return path
    return ""


def _names(path: str, name: str, workspace: Workspace) -> bool:
    try:
        text = workspace.text(path).text[:LARGEST] if workspace.exists(path) else ""
    except Unreadable:
        return False
    for found in _JOINS.finditer(text):
        words = (found["words"] or found["appended"]).split()
        files = [
            posixpath.basename(word.strip("\"'")) for word in words if not word.startswith(("-", "<", ">"))
        ]
        together = len(files) > 1 or ">>" in found[0] or any("*" in f for f in files)
        if together and any(f == name or ("*" in f and fits(name, f)) for f in files):
            return True
    return False
