"""Whether requests are logged, and what goes along."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessLog
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.lighttpd.tls.listeners import serving
from batten.technologies.edges.lighttpd.tree import Tree, setting
from batten.technologies.shared.edges.credentials import credential

_LOGGED = re.compile(r"%\{([\w-]+)\}[ioC]")


def logs(tree: Tree) -> Iterator[AccessLog]:
    if tree.fragment or not serving(tree):
        return
    root = tree.root
    at = root.block_at()
    carried: list[Setting[str]] = []
    for scope in tree.root.walk():
        for item in scope.items:
            if item.name == "accesslog.format":
                for name in _LOGGED.findall(item.assignment.value.text):
                    if credential(name):
                        carried.append(Setting(f"the {name} header", item.place()))
    yield AccessLog(at, _access(tree), Setting(UNKNOWN, at), tuple(carried))


def _access(tree: Tree) -> Setting[bool]:
    """mod_accesslog writes to a file or to syslog, and nowhere unless it is told."""
    root = tree.root
    file, syslog = setting(root, "accesslog.filename"), setting(root, "accesslog.use-syslog")
    loaded = tree.loaded("mod_accesslog")
    said = file if file.written else syslog
    if loaded is None or UNKNOWN in (file.value, syslog.value):
        return Setting(UNKNOWN, said.at)
    if not loaded or (file.value in (ABSENT, "", "/dev/null") and syslog.value != "enable"):
        written = loaded and file.written
        return Setting(False, file.at if written else root.block_at())
    return Setting(True, said.at)
